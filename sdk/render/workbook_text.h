// Texts in the parts of a written workbook: attributes, lengths and references.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace carrel::render {

struct CellRange;

inline constexpr std::string_view kXmlDeclaration =
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
inline constexpr std::string_view kSheetNamespace =
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
inline constexpr std::string_view kOfficeRelations =
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

// The longest prefix of at most `units` UTF-16 units that cuts no character in two.
std::string_view Utf16Prefix(std::string_view text, size_t units);
inline bool FitsUtf16(std::string_view text, size_t units) {
  return Utf16Prefix(text, units).size() == text.size();
}

// ` name="text"`; kInvalid when XML cannot carry the text.
Status AppendXmlAttribute(std::string& out, std::string_view name, std::string_view text);

// A finite number as a cell's <v> may hold it: -12, 0.10, 1E+3.
bool IsNumberText(std::string_view text);

// "A1:C7"; "$A$1:$C$7".
std::string RangeName(const CellRange& range);
std::string AbsoluteRangeName(const CellRange& range);
// 'it''s'!$A$1:$C$7
std::string SheetRangeName(std::string_view sheet, const CellRange& range);

}  // namespace carrel::render
