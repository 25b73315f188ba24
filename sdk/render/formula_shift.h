// A formula as it reads in another cell.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace carrel::render {

struct FormulaShift {
  int64_t rows = 0, columns = 0;  // downwards, to the right
};

// Moves the relative references of a formula in A1 notation: cells (B3, $B3), whole columns (A:C)
// and whole rows (1:3), of this sheet and others; what leaves the sheet becomes #REF!. `formula` is
// the text of an XML element as it stands there. Texts, names, functions and structured references
// stay. Written after ECMA-376 part 1, 18.17.2.
std::string ShiftFormula(std::string_view formula, FormulaShift shift);

}  // namespace carrel::render
