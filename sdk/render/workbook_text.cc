#include "sdk/render/workbook_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "sdk/render/workbook_writer.h"

namespace carrel::render {

std::string_view Utf16Prefix(std::string_view text, size_t units) {
  if (text.size() <= units) return text;
  size_t used = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0) == 0x80) continue;
    used += byte >= 0xF0 ? 2 : 1;
    if (used > units) return text.substr(0, i);
  }
  return text;
}

Status AppendXmlAttribute(std::string& out, std::string_view name, std::string_view text) {
  std::string escaped;
  CARREL_TRY(AppendXmlText(escaped, text));
  out.push_back(' ');
  out += name;
  out += "=\"";
  // What AppendXmlText leaves and an attribute does not hold as it is.
  for (const char c : escaped) {
    if (c == '"') {
      out += "&quot;";
    } else if (c == '\n' || c == '\t') {
      out += c == '\n' ? "&#10;" : "&#9;";
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
  return {};
}

bool IsNumberText(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const size_t first = text.starts_with('-') ? 1 : 0;
  const bool digits = first < text.size() && text[first] >= '0' && text[first] <= '9';
  if (!digits || end != text.data() + text.size() || text.ends_with('.')) return false;
  if (error != std::errc::result_out_of_range) return error == std::errc();
  // Too small is as good as zero, too large is not a number of a workbook.
  return text.find("E-") != text.npos || text.find("e-") != text.npos || text.starts_with("0.") ||
         text.starts_with("-0.");
}

std::string RangeName(const CellRange& range) {
  return fmt::format("{}{}:{}{}", ColumnName(range.first_column), range.first_row,
                     ColumnName(range.last_column), range.last_row);
}

std::string AbsoluteRangeName(const CellRange& range) {
  return fmt::format("${}${}:${}${}", ColumnName(range.first_column), range.first_row,
                     ColumnName(range.last_column), range.last_row);
}

std::string SheetRangeName(std::string_view sheet, const CellRange& range) {
  std::string name = "'";
  for (const char c : sheet) {
    if (c == '\'') name.push_back('\'');
    name.push_back(c);
  }
  return name + "'!" + AbsoluteRangeName(range);
}

}  // namespace carrel::render
