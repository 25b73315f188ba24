// Names that a workbook takes for the same: Excel compares sheets, tables and headers without case.
#pragma once

#include <string>
#include <string_view>

namespace carrel::render {

// Capitals of Latin, Greek, Cyrillic and Armenian as small letters, one for one; other text and
// bytes that are not UTF-8 stay.
std::string FoldCase(std::string_view text);

}  // namespace carrel::render
