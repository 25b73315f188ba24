// What the spreadsheet readers hand on: rows of cells, the same from XLSX and CSV, so that nothing
// behind them knows the file format.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace carrel::usage {

enum class CellKind : uint8_t {
  kEmpty,
  kText,
  kNumber,   // text: as the file has it
  kBool,     // text: "1" or "0"
  kError,    // text: "#REF!"
  kDate,     // text: ISO 8601, from a cell of type d
  kNoValue,  // a formula without a stored result
};

struct Cell {
  std::string_view text;
  CellKind kind = CellKind::kEmpty;
  bool date_style = false;  // a number that the workbook shows as a date or time
};

// cells[0] is column A; cells that the file leaves out are kEmpty. The texts live until the sink
// returns.
struct Row {
  uint32_t number = 0;  // from 1, as a spreadsheet counts; of a CSV file: the line it begins on
  std::span<const Cell> cells;
};

class RowSink {
 public:
  virtual ~RowSink() = default;
  // Rows in ascending order, rows without any cell left out. An error ends the reading.
  virtual Status OnRow(const Row& row) = 0;
};

// 0 -> "A", 27 -> "AB".
std::string ColumnName(size_t column);
// For error texts: "records!C5".
std::string CellAddress(std::string_view tab, uint32_t row, size_t column);

// Whether the days of a workbook count from 1900 (with a 29 February that never was) or 1904.
enum class Epoch : uint8_t { k1900, k1904 };

// On how many threads a file is read: with kTwo, one inflates while the caller's parses.
enum class Threads : uint8_t { kOne, kTwo };

// Budgets of one file. All absolute; each refusal names its limit.
struct ReaderLimits {
  uint64_t max_inflated = uint64_t{2} << 30;
  uint64_t max_parts = 10'000;
  uint32_t max_rows = 1'048'576;     // of a workbook's sheet
  uint32_t max_lines = 100'000'000;  // of a CSV file that are not empty
  uint32_t max_columns = 16'384;
  uint64_t max_strings = 16'000'000;                // shared strings
  uint64_t max_string_memory = uint64_t{64} << 20;  // beyond it they go to a temporary file
  uint64_t max_cell_bytes = uint64_t{1} << 20;
  uint64_t max_row_bytes = uint64_t{8} << 20;  // as text, with its markup
};

}  // namespace carrel::usage
