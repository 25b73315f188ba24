// Tables of a template whose header a report's rows write over. Excel repairs a workbook in which
// the columns of a table have other names than its header, so they take the names written there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "sdk/render/cell.h"
#include "sdk/render/xlsx_sheet.h"
#include "sdk/render/xlsx_workbook.h"

namespace carrel::render {

// Those of one sheet. Not thread-safe.
class XlsxTables {
 public:
  struct Part {
    std::string name;
    std::string xml;  // empty: as it is in the template
  };

  // The tables with a header that rows from `start` on may reach. kInvalid, naming the part, when
  // one cannot be read.
  static Result<XlsxTables> Load(XlsxWorkbook& workbook, std::string_view sheet_part,
                                 XlsxSheet::Start start);

  // Whether it is the part of one of them: Parts() has it.
  bool Holds(std::string_view part) const;
  // Takes the report's row that goes to row `number` of the sheet. kInvalid when a value that
  // takes the place of a header cannot be the name of a column, or there is one like it.
  Status NoteRow(XlsxWorkbook& workbook, uint32_t number, Row row) {
    return number > last_header_ ? Status() : Rename(workbook, number, row);
  }
  std::vector<Part> Parts() const;

 private:
  struct Table {
    Part part;
    std::string name;
    CellPosition header;  // its first cell
  };

  Status Rename(XlsxWorkbook& workbook, uint32_t number, Row row);
  Status RenameColumns(XlsxWorkbook& workbook, Table& table, Row row) const;

  std::vector<Table> tables_;
  uint32_t last_header_ = 0;  // row of the lowest one
  uint32_t first_column_ = 1;
};

}  // namespace carrel::render
