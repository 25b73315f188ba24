// What a person reads in a cell, and what keeps a cell from being read: the same for every
// spreadsheet that people send.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/usage/cell.h"
#include "runtime/usage/text_arena.h"
#include "runtime/usage/usage_codes.h"

namespace carrel::usage {

// Without the blanks and line ends around it.
std::string_view Trim(std::string_view text);

struct CellFault {
  UsageCode code = UsageCode::kErrorCell;
  std::string message;  // "the cell holds #REF!"
};

// Of a cell without a value: an error, or a formula whose result is not stored.
std::optional<CellFault> FaultOf(const Cell& cell);

// "TRUE" for a truth value, a day for a number that is shown as one, the digits of any other
// number; "" for a cell without a value. Lives as long as the cell's text and `arena`'s.
std::string_view CellText(const Cell& cell, Epoch epoch, TextArena& arena);

}  // namespace carrel::usage
