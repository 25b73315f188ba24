#include "runtime/usage/date_style.h"

#include <charconv>
#include <string>
#include <unordered_map>

#include "runtime/usage/text_arena.h"
#include "runtime/usage/xml_text.h"
#include "sdk/render/xml_scanner.h"

namespace carrel::usage {
namespace {

using render::XmlToken;

constexpr size_t kMaxStyles = 100'000;

// The numbers that a format has without being written down, those of East Asia included.
bool IsBuiltInDate(uint32_t id) {
  return (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) ||
         (id >= 50 && id <= 58);
}

uint32_t Number(std::optional<std::string_view> text) {
  uint32_t value = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

// [h], [mm], [ss]: elapsed time; all others are colours, conditions and locales.
bool IsElapsed(std::string_view inner) {
  return !inner.empty() && inner.find_first_not_of("hHmMsS") == inner.npos;
}

}  // namespace

bool IsDateFormat(std::string_view code) {
  for (size_t at = 0; at < code.size(); ++at) {
    switch (code[at]) {
      case ';':  // only the first section decides
        return false;
      case '"':
        at = std::min(code.find('"', at + 1), code.size());
        break;
      case '\\':
      case '_':
      case '*':
        ++at;
        break;
      case '[': {
        const size_t end = std::min(code.find(']', at), code.size());
        if (IsElapsed(code.substr(at + 1, end - at - 1))) return true;
        at = end;
        break;
      }
      case 'd':
      case 'D':
      case 'm':
      case 'M':
      case 'y':
      case 'Y':
      case 'h':
      case 'H':
      case 's':
      case 'S':
        return true;
      case 'G':
      case 'g':
        if (code.substr(at + 1, 6) == "eneral") at += 6;
        break;
      default:
        break;
    }
  }
  return false;
}

Result<std::vector<bool>> ReadDateStyles(std::string_view xml) {
  render::XmlScanner scanner(xml);
  std::unordered_map<uint32_t, bool> formats;
  std::vector<bool> styles;
  TextArena arena;
  bool in_cells = false;
  for (;;) {
    CARREL_ASSIGN_OR_RETURN(const XmlToken token, scanner.Next());
    if (token == XmlToken::kFinished) return styles;
    const std::string_view name = scanner.local_name();
    const size_t depth = scanner.depth() + (token == XmlToken::kStart ? 0 : 1);
    if (depth == 2) in_cells = token == XmlToken::kStart && name == "cellXfs";
    if (token == XmlToken::kEnd || depth != 3) continue;
    if (name == "numFmt") {
      const uint32_t id = Number(render::FindXmlAttribute(scanner.raw(), "numFmtId"));
      const auto code = render::FindXmlAttribute(scanner.raw(), "formatCode");
      const auto plain = UnescapeXml(code.value_or(""), arena);
      formats[id] = plain && IsDateFormat(*plain);
      arena.Clear();
    } else if (in_cells && name == "xf") {
      if (styles.size() == kMaxStyles) return Fail(Code::kLimit, "more than 100000 cell styles");
      const uint32_t id = Number(render::FindXmlAttribute(scanner.raw(), "numFmtId"));
      const auto known = formats.find(id);
      styles.push_back(known != formats.end() ? known->second : IsBuiltInDate(id));
    }
  }
}

}  // namespace carrel::usage
