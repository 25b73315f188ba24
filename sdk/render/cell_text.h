// A cell as text: what csv files hold and html pages show.
#pragma once

#include <cstdint>
#include <string>

#include "sdk/render/cell.h"

namespace carrel::render {

// A number or a time whose type has a str() of its own.
inline bool PrintsItself(const Cell& cell) {
  return cell.printed.data() != nullptr && cell.kind != CellKind::kText;
}

// As Python's csv.writer prints the value; nothing for None.
void AppendCellText(std::string& out, const Cell& cell);

// A value that adds up: an integer, a decimal, a float.
bool IsNumber(CellKind kind);

// Of a number, also one that is not finite; NaN for all else.
double NumberOf(const Cell& cell);

// Of a time with a zone as UTC has it, else as it is.
int64_t UtcMicros(const Cell& cell);

}  // namespace carrel::render
