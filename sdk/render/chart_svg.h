// Draws a chart as inline SVG for an html page: readable without a script, and with a title and a
// description for those who do not see it.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "sdk/render/cell.h"
#include "sdk/render/chart_spec.h"

namespace carrel::render {

struct Bounds {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  bool empty() const { return low > high; }
  // NaN counts as nothing.
  void Include(double value) {
    low = std::fmin(low, value);
    high = std::fmax(high, value);
  }
};

// The points of one chart, collected as rows come. Memory is bounded: a line keeps at most 1,000
// to 2,000 points spread evenly over all rows, bars the first 100 rows, a pie the 11 largest (above
// zero) with the sum of all others.
class ChartPoints {
 public:
  ChartPoints(ChartType type, ChartColumns columns);

  void Add(Row row);

  struct Point {
    std::string label;
    std::vector<double> values;  // NaN where there is no number up to 1e300
  };
  const std::vector<Point>& points() const { return points_; }
  uint64_t rows() const { return rows_; }
  uint64_t stride() const { return stride_; }  // each of so many rows is kept
  double others() const { return others_; }
  const Bounds& bounds() const { return bounds_; }  // of the values of all rows

 private:
  void AddSlice(Point point);

  const ChartType type_;
  const ChartColumns columns_;
  std::vector<Point> points_;
  uint64_t rows_ = 0;
  uint64_t stride_ = 1;
  double others_ = 0;
  Bounds bounds_;
};

// A <figure>. `number` makes its ids unique in the page.
void AppendChartFigure(std::string& out, const ChartSpec& chart, const ChartPoints& points,
                       size_t number);

// Values from `low` to `high` at steps of 1, 2 or 5 times a power of ten, about `count` of them,
// the first not above `low` and the last not below `high`, neither of them beyond 1e300.
struct Ticks {
  double first = 0, step = 1;
  int count = 2;
  int decimals = 0;  // that tell them apart
};
Ticks NiceTicks(double low, double high, int count);

}  // namespace carrel::render
