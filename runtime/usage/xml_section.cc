#include "runtime/usage/xml_section.h"

#include "runtime/usage/xml_text.h"

namespace carrel::usage {
namespace {

using render::XmlScanner;
using render::XmlToken;

constexpr std::string_view kCdata = "<![CDATA[";
constexpr std::string_view kCdataEnd = "]]>";

}  // namespace

XmlScanner::Source ContinueXml(std::string opener, ByteWindow& window, const char* at) {
  const auto offset = static_cast<size_t>(at - window.begin());
  return [opener = std::move(opener), &window, at = offset, used = size_t{0}](
             char* out, size_t size) mutable -> Result<size_t> {
    if (used < opener.size()) {
      const size_t n = opener.copy(out, size, used);
      used += n;
      return n;
    }
    if (at == window.text().size()) {
      CARREL_ASSIGN_OR_RETURN(const bool more, window.More(window.end()));
      if (!more) return 0;
      at = 0;
    }
    const size_t n = window.text().copy(out, size, at);
    at += n;
    return n;
  };
}

Result<XmlSection> FindXmlSection(ByteWindow& window, std::span<const std::string_view> path) {
  size_t read = 0;
  XmlScanner scanner([&](char* out, size_t size) -> Result<size_t> {
    if (read == window.text().size()) {
      CARREL_ASSIGN_OR_RETURN(const bool more, window.More(window.begin()));
      if (!more) return 0;
    }
    const size_t n = window.text().copy(out, size, read);
    read += n;
    return n;
  });
  XmlSection section;
  size_t matched = 0;  // of the path, by the open elements
  for (;;) {
    CARREL_ASSIGN_OR_RETURN(const XmlToken token, scanner.Next());
    if (token == XmlToken::kFinished) return section;
    section.offset += scanner.raw().size();
    if (token == XmlToken::kEnd && scanner.depth() < matched) return section;
    if (token != XmlToken::kStart && token != XmlToken::kEmpty) continue;
    const size_t depth = scanner.depth() + (token == XmlToken::kEmpty ? 1 : 0);
    if (depth != matched + 1 || scanner.local_name() != path[matched]) continue;
    section.opener.append("<").append(scanner.name()).append(">");
    section.prefixed = section.prefixed || scanner.name() != scanner.local_name();
    section.empty = token == XmlToken::kEmpty;
    section.found = ++matched == path.size();
    if (section.found || section.empty) return section;
  }
}

bool AppendXmlToken(XmlToken token, std::string_view raw, std::string& out) {
  TextArena arena;
  if (token == XmlToken::kText) {
    const auto text = UnescapeXml(raw, arena);
    if (!text) return false;
    out += *text;
    return true;
  }
  if (!raw.starts_with(kCdata)) return true;
  raw.remove_prefix(kCdata.size());
  raw.remove_suffix(kCdataEnd.size());
  for (size_t at = 0; at < raw.size(); ++at) {
    if (raw[at] != '\r') {
      out += raw[at];
    } else if (at + 1 == raw.size() || raw[at + 1] != '\n') {
      out += '\n';
    }
  }
  return true;
}

}  // namespace carrel::usage
