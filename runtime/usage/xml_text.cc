#include "runtime/usage/xml_text.h"

#include <array>
#include <charconv>
#include <utility>

#include "runtime/usage/text_check.h"

namespace carrel::usage {
namespace {

constexpr size_t kMaxReference = 12;  // as XmlScanner
constexpr std::array<std::pair<std::string_view, char>, 5> kNamed = {
    {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}}};

bool IsXmlCharacter(uint32_t code) {
  if (code < 0x20) return code == '\t' || code == '\n' || code == '\r';
  return code <= 0xD7FF || (code >= 0xE000 && code <= 0xFFFD) ||
         (code >= 0x10000 && code <= 0x10FFFF);
}

char* PutUtf8(char* out, uint32_t code) {
  const auto put = [&](uint32_t byte) { *out++ = static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
  return out;
}

std::optional<uint32_t> ReadReference(std::string_view body) {
  if (!body.starts_with('#')) {
    for (const auto& [name, character] : kNamed) {
      if (body == name) return character;
    }
    return std::nullopt;
  }
  body.remove_prefix(1);
  const int base = body.starts_with('x') ? 16 : 10;
  if (base == 16) body.remove_prefix(1);
  uint32_t code = 0;
  const auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), code, base);
  if (error != std::errc() || end != body.data() + body.size() || !IsXmlCharacter(code)) {
    return std::nullopt;
  }
  return code;
}

// The code of "_x000D_" at the start of `text`.
std::optional<uint32_t> ReadEscape(std::string_view text) {
  if (text.size() < 7 || !text.starts_with("_x") || text[6] != '_') return std::nullopt;
  uint32_t code = 0;
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + 6, code, 16);
  if (error != std::errc() || end != text.data() + 6 || !IsXmlCharacter(code)) return std::nullopt;
  return code;
}

}  // namespace

std::optional<std::string_view> UnescapeXml(std::string_view raw, TextArena& arena) {
  if (raw.find_first_of("&\r]") == raw.npos) return raw;
  if (raw.find("]]>") != raw.npos) return std::nullopt;
  char* const begin = arena.Take(raw.size());
  char* out = begin;
  for (size_t at = 0; at < raw.size(); ++at) {
    if (raw[at] == '\r') {
      *out++ = '\n';
      if (at + 1 < raw.size() && raw[at + 1] == '\n') ++at;
    } else if (raw[at] == '&') {
      const std::string_view ahead = raw.substr(at + 1, kMaxReference);
      const size_t end = ahead.find(';');
      if (end == ahead.npos) return std::nullopt;
      const auto code = ReadReference(ahead.substr(0, end));
      if (!code) return std::nullopt;
      out = PutUtf8(out, *code);
      at += end + 1;
    } else {
      *out++ = raw[at];
    }
  }
  return arena.Give(begin, static_cast<size_t>(out - begin));
}

std::optional<std::string_view> CheckAndUnescapeXml(std::string_view raw, TextArena& arena) {
  TextCheck check;
  if (check.Check(raw) != TextFault::kNone || check.Unfinished()) return std::nullopt;
  return UnescapeXml(raw, arena);
}

std::string_view UnescapeWorkbookText(std::string_view text, TextArena& arena) {
  if (text.find("_x") == text.npos) return text;
  char* const begin = arena.Take(text.size());
  char* out = begin;
  for (size_t at = 0; at < text.size(); ++at) {
    const auto code = text[at] == '_' ? ReadEscape(text.substr(at)) : std::nullopt;
    if (code) {
      out = PutUtf8(out, *code);
      at += 6;
    } else {
      *out++ = text[at];
    }
  }
  return arena.Give(begin, static_cast<size_t>(out - begin));
}

void UnescapeWorkbookTail(std::string& text, size_t begin, TextArena& arena) {
  const auto tail = std::string_view(text).substr(begin);
  const std::string_view plain = UnescapeWorkbookText(tail, arena);
  if (plain.data() != tail.data()) text.replace(begin, text.npos, plain);
}

}  // namespace carrel::usage
