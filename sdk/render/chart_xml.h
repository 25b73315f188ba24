// Native charts of a workbook: the parts that DrawingML asks for, over ranges of a sheet.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "sdk/render/chart_spec.h"

namespace carrel::render {

// A range of a sheet, 'Data'!$A$2:$A$9, and what its first cells show: programs that open a
// workbook read the cells, those that only show a preview have nothing else. An empty point is a
// cell that has nothing to draw.
struct ChartRange {
  std::string reference;
  std::vector<std::string> points;
};

// A chart whose references are settled.
struct ChartParts {
  ChartSpec spec;
  ChartRange labels;
  bool number_labels = false;  // dates too
  std::string label_format;    // of the axis; empty: as the cells have it
  struct Series {
    ChartRange name, values;
  };
  std::vector<Series> series;
};

// The part of one chart. kInvalid when XML cannot carry its title or a point.
Result<std::string> ChartXml(const ChartParts& chart);

// The sheet that holds the charts and nothing else; its drawing is relationship rId1.
std::string ChartSheetXml();

// The drawing: chart i at its anchor, or below the one before; its part is relationship rId<i+1>.
std::string ChartDrawingXml(const std::vector<ChartParts>& charts);

}  // namespace carrel::render
