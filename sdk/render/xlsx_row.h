// The cells of a new row in the common case: text, numbers, dates without a style of the template.
// What XlsxCellWriter would write for them (numbers of dates have 12 decimals here), by fixed
// stores into one piece of room.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sdk/render/cell.h"
#include "sdk/render/raw_text.h"
#include "sdk/render/xlsx_cell.h"
#include "sdk/render/xlsx_styles.h"

namespace carrel::render {

// Cells of one sheet. Not thread-safe.
class XlsxRowWriter {
 public:
  // `prefix` as CellTags has it; `first_column`, from 1, gets the first cell of a row.
  XlsxRowWriter(std::string_view prefix, uint32_t first_column, XlsxCellWriter::Epoch epoch,
                XlsxStyles& styles);

  // Appends the cells of `row` from `begin` on, up to one that is not common; returns its index,
  // or the size of the row. `number` is that of the row in the sheet, as text.
  size_t Append(std::string& out, std::string_view number, Row row, size_t begin);

 private:
  static constexpr size_t kShortTail = 32;
  static constexpr size_t kLongTail = 64;

  void AddColumns(size_t count);
  // Each returns the end of the cell, null when it is not common.
  char* PutCell(char* to, const Cell& cell) const;
  char* PutText(char* to, std::string_view text) const;
  char* PutSerial(char* to, const Cell& cell) const;
  char* PutNumber(char* to, double value) const;

  const std::string open_;
  const uint32_t first_column_;
  const int64_t unix_day_;  // 1970-01-01 as a day of the workbook
  XlsxStyles& styles_;
  bool usable_ = true;  // false with a prefix too long for the pieces
  std::vector<Piece<16>> columns_;
  Piece<kShortTail> number_, text_, text_close_, value_close_;
  Piece<kLongTail> text_preserve_;
  Piece<kShortTail> date_, date_time_;  // with their styles, once one was seen
};

}  // namespace carrel::render
