// What both sheet parsers share: how a cell's parts become a value, and the row they fill.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/usage/cell.h"
#include "runtime/usage/shared_strings.h"
#include "runtime/usage/text_arena.h"

namespace carrel::usage {

// What a sheet is read with. Everything outlives the reading.
struct SheetContext {
  std::string_view tab;
  const SharedStrings* strings = nullptr;          // null: the workbook has none
  const std::vector<bool>* date_styles = nullptr;  // by cell style
  ReaderLimits limits;
};

enum class CellType : uint8_t {
  kNumber,
  kShared,
  kString,
  kInline,
  kBool,
  kError,
  kDate,
  kUnknown
};

// The value of the attribute t; kNumber for "" too.
CellType CellTypeOf(std::string_view name);

struct CellParts {
  CellType type = CellType::kNumber;
  std::string_view text;  // unescaped XML; of kInline without the escapes of workbooks too
  bool has_formula = false;
  bool date_style = false;
};

enum class CellFault : uint8_t { kNone, kBadIndex, kNoSuchString, kBadBool, kUnknownType };

// The cell that a spreadsheet shows. Texts are taken as they are or live in `arena`.
CellFault MakeCell(const CellParts& parts, const SharedStrings* strings, TextArena& arena,
                   Cell& cell);

// "AB" of "AB12" and the rest; SIZE_MAX when there are no such letters.
size_t ReadColumn(const char*& at);

// The cells of a row under way.
class RowBuilder {
 public:
  RowBuilder() : cells_(64) {}

  void Clear() { size_ = 0; }
  size_t size() const { return size_; }
  std::span<const Cell> cells() const { return {cells_.data(), size_}; }
  // The cell of `column`, which lies behind all put before.
  Cell& Put(size_t column) {
    if (column >= cells_.size()) cells_.resize(2 * column);
    for (; size_ < column; ++size_) cells_[size_] = Cell();
    size_ = column + 1;
    return cells_[column];
  }

 private:
  std::vector<Cell> cells_;
  size_t size_ = 0;
};

}  // namespace carrel::usage
