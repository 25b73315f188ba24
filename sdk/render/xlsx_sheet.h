// Streams one worksheet: what the template has, with the report's rows laid over it. Nothing but
// one row of the template is ever held.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "sdk/render/cell.h"
#include "sdk/render/xlsx_cell.h"
#include "sdk/render/xlsx_row.h"
#include "sdk/render/xml_scanner.h"

namespace carrel::render {

// One cell of a template row; positions are into TemplateRow::bytes.
struct TemplateCell {
  uint32_t column = 0;
  uint32_t style = 0;
  size_t begin = 0, end = 0;
  size_t formula_begin = 0, formula_end = 0;  // equal: no formula
  size_t formula_text = 0;                    // begin of its text
  int64_t shared_formula = -1;                // its group
  bool owns_shared_formula = false;           // the text of the group is in this cell
};

struct TemplateRow {
  uint32_t number = 0;
  std::string attributes;  // all but r and spans, each with a space before
  std::string bytes;       // the cells as they are, each with its r attribute
  std::vector<TemplateCell> cells;
  std::string extension;  // extLst as it is, behind the cells
};

// What a further sheet repeats of the first one.
struct SheetHead {
  std::string root_tag, prefix;
  std::string views, format, columns;  // sheetViews, sheetFormatPr, cols as they are
  std::string rows;                    // those above the first data row
};

// Call Begin, WriteRow..., Finish. Not thread-safe. Errors of the template (kInvalid, kLimit) do
// not name the part; errors of a row name its column. Refused in a template: rows and cells out of
// order or in the wrong row, styles that the workbook does not have, a row of more than 16 MiB.
class XlsxSheet {
 public:
  using Sink = std::function<Status(std::string_view)>;

  struct Start {
    uint32_t row = 2, column = 1;  // of the first value
  };

  // `template_xml` gives the template's sheet.
  XlsxSheet(XmlScanner::Source template_xml, Start start, XlsxCellWriter::Epoch epoch,
            XlsxStyles& styles, Sink sink);

  // Copies what stands above the first data row.
  Status Begin();
  // False without effect when the sheet is full.
  bool HasRoom() const { return next_row_ <= kMaxSheetRows; }
  Status WriteRow(Row row);
  // Ends the data, copies what follows.
  Status Finish();

  // Whether a formula of the template had to go.
  bool lost_formulas() const { return lost_formulas_; }
  // Complete after Begin.
  const SheetHead& head() const { return head_; }

 private:
  Status CopyHead();
  Status ReadRoot(XmlToken token);
  std::string* KeptHead(std::string_view local_name);
  Status KeepHeadElement(XmlToken token, std::string& into);
  Status CheckStyle(std::string_view where, std::string_view style) const;
  Status CheckColumn() const;
  Status ReadTemplateRow();
  Status ReadRowTag();
  Status ReadRowContent();
  Status ReadCell(bool has_content);
  Status ReadCellTag(TemplateCell& cell);
  Status ReadRowExtension(XmlToken token);
  Status CheckRowSize() const;
  Status ReadCellContent(TemplateCell& cell);
  void NoteFormula(TemplateCell& cell, std::string_view tag, size_t tag_begin);
  Status CopyRowsBelow(uint32_t limit);
  void AppendTemplateRow();
  void AppendTemplateCell(const TemplateCell& cell);
  void DropFormula(const TemplateCell& cell);
  void OpenRow(uint32_t number, std::string_view attributes);
  Status AppendNewCells(Row row);
  Status MergeRow(Row row);
  Status AppendCell(size_t index, const Cell& cell, uint32_t style);
  std::string_view Reference(size_t index);
  Status MaybeFlush();

  XmlScanner scanner_;
  const Start start_;
  const XlsxCellWriter::Epoch epoch_;
  XlsxStyles& styles_;
  Sink sink_;
  // Once the prefix is known.
  std::optional<XlsxCellWriter> cells_;
  std::optional<XlsxRowWriter> common_cells_;
  SheetHead head_;
  std::string out_;
  std::string row_open_, row_close_;
  uint32_t next_row_;
  uint32_t last_template_row_ = 0;
  bool has_template_row_ = false;
  bool in_rows_ = false;  // the template's sheetData is still open
  TemplateRow row_;
  // Shared formulas whose cell was written over, by group: their text and where it was.
  struct SharedFormula {
    std::string text;
    int64_t row = 0, column = 0;
  };
  std::map<int64_t, SharedFormula> orphaned_formulas_;
  bool lost_formulas_ = false;
  std::vector<std::string> columns_;  // names, from start column on
  std::string row_text_, reference_;
};

// A sheet that goes on where another one was full: the same columns and header rows.
std::string ContinuationHead(const SheetHead& head);

}  // namespace carrel::render
