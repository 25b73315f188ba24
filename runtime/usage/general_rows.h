// Reads the rows of a sheet whatever way its XML is written: prefixes, comments, CDATA, rich text,
// any order of attributes. Judges what is no sheet, and says where.
#pragma once

#include <string>
#include <string_view>

#include "runtime/usage/sheet_cells.h"
#include "sdk/render/xml_scanner.h"

namespace carrel::usage {

// Not thread-safe.
class GeneralRows {
 public:
  // `last_row` is the row that was read before the scanner's text begins.
  GeneralRows(const SheetContext& context, render::XmlScanner& scanner, uint32_t last_row)
      : context_(context), scanner_(scanner), row_number_(last_row) {}

  // From within sheetData, whose start tags the scanner will see first, to the end of the part.
  Status Run(RowSink& sink);

 private:
  Status OnStart(size_t depth, RowSink& sink, bool closed);
  Status OnEnd(size_t depth, RowSink& sink);
  Status OnText(render::XmlToken token);
  Status BeginRow();
  Status EndRow(RowSink& sink);
  Status BeginCell();
  Status ReadReference(std::string_view reference);
  Status EndCell();
  std::unexpected<Error> BadCell(std::string_view what) const;
  std::unexpected<Error> BadSheet(std::string_view what) const;

  const SheetContext& context_;
  render::XmlScanner& scanner_;
  RowBuilder cells_;
  TextArena arena_;
  uint32_t row_number_;
  size_t row_bytes_ = 0;
  size_t sheet_data_ = 0;  // how many were begun
  bool in_row_ = false, in_cell_ = false, in_inline_ = false, in_run_ = false;
  bool in_text_ = false;
  size_t text_begin_ = 0;  // in text_, of the element under way
  size_t column_ = 0;      // of the cell under way
  CellParts parts_;
  std::string text_;
};

}  // namespace carrel::usage
