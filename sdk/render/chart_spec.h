// The charts that a renderer's `args` ask for, over columns that are named in the report's header.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/base/json.h"
#include "runtime/base/result.h"

namespace carrel::render {

enum class ChartType : uint8_t { kBar, kLine, kPie };

struct ChartSpec {
  ChartType type = ChartType::kBar;
  std::string title;           // may be empty
  std::string x;               // column of the labels
  std::vector<std::string> y;  // columns of the values, at least one; a pie has one
  std::string anchor;          // xlsx: cell of the upper left corner; empty: below each other
};

// Where a chart's columns are, from 0.
struct ChartColumns {
  size_t x = 0;
  std::vector<size_t> y;
};

// `args.charts`; none when it is absent. kInvalid naming args.charts[i].key, what was found and
// what is expected.
Result<std::vector<ChartSpec>> ParseCharts(const Json& args);

// kInvalid when a name is not among `names`, with the near miss. Of two equal names the first.
Result<std::vector<ChartColumns>> FindChartColumns(std::span<const ChartSpec> charts,
                                                   std::span<const std::string> names);

}  // namespace carrel::render
