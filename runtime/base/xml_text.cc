#include "runtime/base/xml_text.h"

#include <fmt/format.h>

#include <utility>

#include "runtime/base/text.h"

namespace carrel {

std::string EscapeForXml(std::string_view text) {
  constexpr std::pair<std::string_view, std::string_view> kNoCharacters[] = {
      {"\xEF\xBF\xBE", "\\ufffe"}, {"\xEF\xBF\xBF", "\\uffff"}};
  std::string out;
  for (const char c : ToUtf8(text)) {
    const bool control = static_cast<unsigned char>(c) < 0x20;
    if (control && c != '\t' && c != '\n' && c != '\r') {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  for (const auto& [none, escape] : kNoCharacters) {
    for (size_t at = 0; (at = out.find(none, at)) != out.npos;)
      out.replace(at, none.size(), escape);
  }
  return out;
}

}  // namespace carrel
