// Reads the rows of a sheet as spreadsheet programs really write them, at the speed of the memory:
// each cell is guessed to look like the one above it and only compared. Whatever else stands there
// is left to the general parser.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/usage/sheet_cells.h"

namespace carrel::usage {

// Not thread-safe.
class FastRows {
 public:
  enum class Step {
    kRow,      // row() is the next one, which may be without cells
    kMore,     // the text ends within a row
    kEnd,      // at </sheetData>
    kUnusual,  // `at` is at something that only the general parser can judge
  };

  explicit FastRows(const SheetContext& context) : context_(context) {}

  // Reads from `at`, which moves behind the row. kScanMargin bytes behind `end` are readable, the
  // first of them is '<'.
  Step Next(const char*& at, const char* end);
  Row row() const { return {row_number_, cells_.cells()}; }

 private:
  // What stood around the value of the last cell of a column.
  struct Guess {
    static constexpr size_t kWords = 8;
    uint64_t head = 0, head_mask = 0;  // "<c r=\"A"
    uint32_t head_size = 0;            // 0: nothing known
    uint32_t tail_size = 0;
    uint32_t tail_words = 0;
    CellType type = CellType::kNumber;
    bool empty = false;  // "/>"
    bool date_style = false;
    std::array<uint64_t, kWords> tail{}, tail_mask{};  // "\" s=\"1\" t=\"s\"><v>"
  };
  // A start tag <c ...> under way.
  struct Tag {
    const char* tail = nullptr;  // behind the row number of r, null: no r in first place
    size_t column = 0;
    CellType type = CellType::kNumber;
    bool date_style = false;
    bool closed = false;  // "/>"
  };

  bool ReadRowTag(const char*& at, bool& closed);
  bool ReadRowAttributes(const char*& at);
  bool SetRowNumber(const char* digits, size_t size);
  bool ReadCells(const char*& at);
  bool Matches(const Guess& guess, const char* at) const;
  const char* BehindGuess(const Guess& guess, const char* at) const;
  bool ReadGuessed(const Guess& guess, size_t column, const char*& at);
  bool ReadNumber(const char*& at, Cell& cell);
  bool ReadShared(const char*& at, Cell& cell);
  template <const std::string_view& kClosing>
  bool ReadText(const char*& at, Cell& cell);
  bool ReadCell(const char*& at);
  bool ReadCellTag(const char*& at, Tag& tag);
  bool ReadReference(const char*& at, Tag& tag);
  bool ReadCellBody(const char*& at, const Tag& tag);
  bool ReadFormula(const char*& at);
  bool ReadInline(const char*& at, std::string_view& text);
  bool ReadContent(const char*& at, std::string_view& text);
  void Remember(const Tag& tag, const char* at, const char* value);

  const SheetContext& context_;
  RowBuilder cells_;
  TextArena arena_;
  std::vector<Guess> guesses_ = std::vector<Guess>(kGuessed);
  std::string row_tail_;  // what followed the last row's number
  uint32_t row_number_ = 0;
  uint64_t row_text_ = 0, row_mask_ = 0;  // its digits
  size_t row_digits_ = 0;
  const char* end_ = nullptr;
  const char* stuck_ = nullptr;  // where the text was not understood

  static constexpr size_t kGuessed = 256;  // columns with a guess
};

}  // namespace carrel::usage
