#include "sdk/render/html_text.h"

#include "runtime/base/text.h"

namespace carrel::render {
namespace {

std::string_view Reference(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    case '\r':
      return "&#13;";
    case '\0':
      return "\xEF\xBF\xBD";
    default:
      return {};
  }
}

}  // namespace

void AppendHtmlText(std::string& out, std::string_view text) {
  constexpr std::string_view kSpecial("&<>\"'\r\0", 7);
  std::string repaired;
  if (!IsUtf8(text)) {
    repaired = ToUtf8(text);
    text = repaired;
  }
  for (size_t at; (at = text.find_first_of(kSpecial)) != std::string_view::npos;) {
    out += text.substr(0, at);
    out += Reference(text[at]);
    text.remove_prefix(at + 1);
  }
  out += text;
}

}  // namespace carrel::render
