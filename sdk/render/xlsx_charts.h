// The charts of an xlsx report: over the rows that were written into the sheet Data, on a sheet of
// their own, so that nothing of the template is touched.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "sdk/render/cell.h"
#include "sdk/render/chart_spec.h"
#include "sdk/render/chart_xml.h"
#include "sdk/render/xlsx_sheet.h"
#include "sdk/render/xlsx_workbook.h"

namespace carrel::render {

// Not thread-safe.
class XlsxCharts {
 public:
  using AddPart = std::function<Status(std::string_view name, std::string_view xml)>;

  // Finds the columns by the header: the template's row above the first of the report. `head` is
  // that of the begun sheet Data. kInvalid when there is no such row, a name is not in it, or the
  // template is a strict one.
  static Result<XlsxCharts> Prepare(XlsxWorkbook& workbook, const SheetHead& head,
                                    XlsxSheet::Start start, std::vector<ChartSpec> charts);

  // A row that was written into the sheet Data: the first one tells what the labels are, and what
  // the first kMaxPoints rows draw is kept for previews.
  void NoteRow(Row row);

  // Adds the sheet `Charts` (`Charts1`, ... when the name is taken) with its parts. `rows` of the
  // report; those that went on in further sheets are not in the charts.
  Status Write(XlsxWorkbook& workbook, uint64_t rows, const AddPart& add);

 private:
  static constexpr size_t kMaxPoints = 1'000;

  void SettleLabels(ChartParts& chart, CellKind kind) const;
  void SettleRanges(uint64_t rows);

  std::vector<ChartParts> charts_;
  std::vector<ChartColumns> columns_;  // of each
  XlsxSheet::Start start_;
  XlsxCellWriter::Epoch epoch_ = XlsxCellWriter::Epoch::k1900;
  size_t noted_ = 0;  // rows
};

// The texts of row `row` of a sheet's head, from `first_column` on; shared strings are looked up.
Result<std::vector<std::string>> HeaderNames(XlsxWorkbook& workbook, const SheetHead& head,
                                             uint32_t row, uint32_t first_column);

}  // namespace carrel::render
