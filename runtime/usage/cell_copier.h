// Cells of a vendor's spreadsheet in a workbook of ours: each reads as the same value there, and
// what was wrong with it stays wrong in the same way.
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/usage/cell.h"
#include "runtime/usage/generated_book.h"
#include "runtime/usage/text_arena.h"

namespace carrel::usage {

// What a column takes.
enum class Takes : uint8_t { kText, kNumber, kTime };

// Not thread-safe.
class CellCopier {
 public:
  CellCopier(Epoch epoch, const GeneratedBook::Looks& looks) : epoch_(epoch), looks_(looks) {}

  // Lives as long as the cell's text, and until the next Clear().
  render::WorkbookCell Copy(const Cell& cell, Takes takes);
  void Clear() { arena_.Clear(); }

 private:
  render::WorkbookCell Text(std::string_view text) const;
  render::WorkbookCell TextIn(Takes takes, std::string_view text);
  render::WorkbookCell LongText(Takes takes, std::string_view text);
  render::WorkbookCell Number(std::string_view text, Takes takes);
  render::WorkbookCell Day(std::string_view text, Takes takes);
  render::WorkbookCell IsoDay(std::string_view text, Takes takes);
  render::WorkbookCell Unreadable(std::string_view what, std::string_view text);

  const Epoch epoch_;
  const GeneratedBook::Looks looks_;
  TextArena arena_;
};

}  // namespace carrel::usage
