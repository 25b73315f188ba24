#include "sdk/render/xml_scanner.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "runtime/base/text.h"

namespace carrel::render {
namespace {

constexpr size_t kPiece = size_t{64} << 10;
constexpr size_t kMaxName = 1000;
constexpr size_t kMaxReference = 12;  // "&#x10FFFF;" and a few zeros
constexpr std::string_view kSpace = " \t\r\n";

std::unexpected<Error> NotXml(std::string_view what) {
  return Fail(Code::kInvalid, fmt::format("not well-formed XML: {}", what));
}

std::unexpected<Error> BadEncoding(std::string_view encoding) {
  return Fail(Code::kInvalid, fmt::format("XML encoding {}: only UTF-8 is read", encoding));
}

std::string Printable(std::string_view text) {
  return EscapeControls(Truncate(ToUtf8(text.substr(0, 60)), 40));
}

bool IsNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == ':' || c == '-' || c == '.' || static_cast<unsigned char>(c) >= 0x80;
}

// The end of the name that `text` begins with, 0 when there is none.
size_t NameEnd(std::string_view text) {
  if (text.empty() || text[0] == '-' || text[0] == '.' || (text[0] >= '0' && text[0] <= '9')) {
    return 0;
  }
  return static_cast<size_t>(std::ranges::find_if_not(text, IsNameByte) - text.begin());
}

bool IsXmlCharacter(uint32_t code) {
  if (code < 0x20) return code == '\t' || code == '\n' || code == '\r';
  return code <= 0xD7FF || (code >= 0xE000 && code <= 0xFFFD) ||
         (code >= 0x10000 && code <= 0x10FFFF);
}

// "amp", "#38", "#x26": what stands between & and ;
bool IsReference(std::string_view body) {
  constexpr std::string_view kKnown[] = {"lt", "gt", "amp", "quot", "apos"};
  if (!body.starts_with('#')) return std::ranges::find(kKnown, body) != std::end(kKnown);
  body.remove_prefix(1);
  const int base = body.starts_with('x') ? 16 : 10;
  if (base == 16) body.remove_prefix(1);
  uint32_t code = 0;
  const auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), code, base);
  return error == std::errc() && end == body.data() + body.size() && IsXmlCharacter(code);
}

Status CheckReferences(std::string_view text) {
  for (size_t at = 0; (at = text.find('&', at)) != std::string_view::npos; ++at) {
    const std::string_view ahead = text.substr(at + 1, kMaxReference);
    const size_t end = ahead.find(';');
    if (end == std::string_view::npos || !IsReference(ahead.substr(0, end))) {
      return NotXml(fmt::format("unknown reference &{}", Printable(ahead.substr(0, end))));
    }
  }
  return {};
}

Status CheckSignature(std::string_view bytes) {
  using namespace std::string_view_literals;
  for (const std::string_view mark : {"\xFF\xFE"sv, "\xFE\xFF"sv, "<\0"sv, "\0<"sv, "\0\0"sv}) {
    if (bytes.starts_with(mark)) return BadEncoding("UTF-16 or UTF-32");
  }
  return {};
}

Status CheckDeclaredEncoding(std::string_view declaration) {
  const auto encoding = FindXmlAttribute(declaration, "encoding");
  if (!encoding) return {};
  std::string lower(*encoding);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  if (lower == "utf-8" || lower == "utf8" || lower == "us-ascii") return {};
  return BadEncoding(fmt::format("\"{}\"", Printable(*encoding)));
}

// How much of `bytes` ends with a whole character.
size_t WholeCharacters(std::string_view bytes) {
  for (size_t back = 1; back <= 3 && back <= bytes.size(); ++back) {
    const auto byte = static_cast<unsigned char>(bytes[bytes.size() - back]);
    if (byte < 0x80) break;
    if (byte < 0xC0) continue;
    const size_t size = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
    return size > back ? bytes.size() - back : bytes.size();
  }
  return bytes.size();
}

XmlScanner::Source SourceOf(std::string_view text) {
  return [text](char* out, size_t size) mutable -> Result<size_t> {
    const size_t n = text.copy(out, size);
    text.remove_prefix(n);
    return n;
  };
}

}  // namespace

XmlScanner::XmlScanner(std::string_view text) : XmlScanner(SourceOf(text)) {}

std::string_view XmlScanner::local_name() const {
  const size_t colon = name_.find(':');
  return colon == std::string_view::npos ? name_ : name_.substr(colon + 1);
}

Result<bool> XmlScanner::Fill() {
  if (at_end_) return false;
  if (begin_ > 0) {
    buffer_.erase(0, begin_);
    checked_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() > kMaxXmlToken) {
    return Fail(Code::kLimit, "an XML tag or comment of more than 1 MiB");
  }
  const size_t before = buffer_.size();
  buffer_.resize(before + kPiece);
  CARREL_ASSIGN_OR_RETURN(const size_t n, source_(buffer_.data() + before, kPiece));
  buffer_.resize(before + n);
  at_end_ = n == 0;
  if (!started_) CARREL_TRY(CheckSignature(buffer_));
  CARREL_TRY(CheckNewBytes());
  return n > 0;
}

Status XmlScanner::CheckNewBytes() {
  std::string_view fresh = std::string_view(buffer_).substr(checked_);
  if (!at_end_) fresh = fresh.substr(0, WholeCharacters(fresh));
  if (!IsUtf8(fresh)) return NotXml("it is not UTF-8");
  const auto forbidden = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
  };
  if (const auto bad = std::ranges::find_if(fresh, forbidden); bad != fresh.end()) {
    return NotXml(fmt::format("control character U+{:04X}", static_cast<unsigned>(*bad)));
  }
  if (fresh.find("\xEF\xBF\xBE") != fresh.npos || fresh.find("\xEF\xBF\xBF") != fresh.npos) {
    return NotXml("character U+FFFE or U+FFFF");
  }
  checked_ += fresh.size();
  return {};
}

Result<bool> XmlScanner::Have(size_t bytes) {
  while (buffer_.size() - begin_ < bytes) {
    CARREL_ASSIGN_OR_RETURN(const bool more, Fill());
    if (!more) return false;
  }
  return true;
}

// Offset from begin_ of the first byte after `terminator`.
Result<size_t> XmlScanner::FindEnd(std::string_view terminator, size_t from) {
  for (;;) {
    const size_t at = buffer_.find(terminator, begin_ + from);
    if (at != std::string::npos) return at + terminator.size() - begin_;
    const size_t size = buffer_.size() - begin_;
    if (size > from + terminator.size()) from = size - terminator.size();
    CARREL_ASSIGN_OR_RETURN(const bool more, Fill());
    if (!more) return NotXml("it ends inside of markup");
  }
}

Result<size_t> XmlScanner::FindTagEnd() {
  char quote = 0;
  for (size_t i = 1;; ++i) {
    if (begin_ + i >= buffer_.size()) {
      CARREL_ASSIGN_OR_RETURN(const bool more, Fill());
      if (!more) return NotXml("it ends inside of a tag");
    }
    const char c = buffer_[begin_ + i];
    if (c == '<') return NotXml("'<' inside of a tag");
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '>') {
      return i + 1;
    }
  }
}

XmlToken XmlScanner::Take(size_t size, XmlToken token) {
  raw_ = std::string_view(buffer_).substr(begin_, size);
  begin_ += size;
  return token;
}

Result<XmlToken> XmlScanner::ReadTag() {
  CARREL_ASSIGN_OR_RETURN(const size_t size, FindTagEnd());
  const bool end = buffer_[begin_ + 1] == '/';
  const bool empty = !end && buffer_[begin_ + size - 2] == '/';
  const XmlToken token = Take(size, end     ? XmlToken::kEnd
                                    : empty ? XmlToken::kEmpty
                                            : XmlToken::kStart);
  std::string_view inner = raw_.substr(end ? 2 : 1);
  inner.remove_suffix(empty ? 2 : 1);
  name_ = inner.substr(0, NameEnd(inner));
  if (name_.empty()) return NotXml("a tag without a name");
  if (name_.size() > kMaxName) {
    return Fail(Code::kLimit, fmt::format("an XML name of more than {} bytes", kMaxName));
  }
  inner.remove_prefix(name_.size());
  if (!end) {
    CARREL_TRY(CheckAttributes(inner));
    CARREL_TRY(Open(name_, token));
    return token;
  }
  if (inner.find_first_not_of(kSpace) != std::string_view::npos) {
    return NotXml("an end tag with more than a name");
  }
  CARREL_TRY(Close(name_));
  return token;
}

Status XmlScanner::Open(std::string_view name, XmlToken token) {
  if (open_.empty() && has_root_) return NotXml("a second element behind the first");
  has_root_ = true;
  if (open_.size() == kMaxXmlDepth) {
    return Fail(Code::kLimit, fmt::format("XML elements nested more than {} deep", kMaxXmlDepth));
  }
  if (token == XmlToken::kEmpty) return {};
  open_.push_back(open_names_.size());
  open_names_ += name;
  return {};
}

Status XmlScanner::Close(std::string_view name) {
  if (open_.empty()) {
    return NotXml(fmt::format("</{}> closes nothing", Printable(name)));
  }
  const std::string_view expected = std::string_view(open_names_).substr(open_.back());
  if (name != expected) {
    return NotXml(
        fmt::format("</{}> where </{}> is expected", Printable(name), Printable(expected)));
  }
  open_names_.resize(open_.back());
  open_.pop_back();
  return {};
}

Status XmlScanner::CheckAttributes(std::string_view rest) {
  std::array<std::string_view, kMaxXmlAttributes> seen;
  attribute_count_ = 0;
  for (;;) {
    const size_t begin = rest.find_first_not_of(kSpace);
    if (begin == std::string_view::npos) return {};
    rest.remove_prefix(begin);
    const std::string_view name = rest.substr(0, NameEnd(rest));
    if (begin == 0 || name.empty()) return NotXml("a tag with something that is no attribute");
    rest.remove_prefix(name.size());
    const size_t equals = std::min(rest.find_first_not_of(kSpace), rest.size());
    const size_t open = rest.substr(equals).starts_with('=')
                            ? rest.find_first_not_of(kSpace, equals + 1)
                            : rest.npos;
    if (open == rest.npos || (rest[open] != '"' && rest[open] != '\'')) {
      return NotXml(fmt::format("attribute {} without a value in quotes", Printable(name)));
    }
    const size_t close = rest.find(rest[open], open + 1);
    if (close == rest.npos) return NotXml("an attribute without its last quote");
    CARREL_TRY(CheckReferences(rest.substr(open + 1, close - open - 1)));
    rest.remove_prefix(close + 1);
    if (attribute_count_ == seen.size()) {
      return Fail(Code::kLimit,
                  fmt::format("an XML tag with more than {} attributes", seen.size()));
    }
    const auto known = std::span(seen).first(attribute_count_);
    if (std::ranges::find(known, name) != known.end()) {
      return NotXml(fmt::format("attribute {} twice in one tag", Printable(name)));
    }
    seen[attribute_count_++] = name;
  }
}

Result<XmlToken> XmlScanner::ReadSpecial(std::string_view terminator, size_t from) {
  CARREL_ASSIGN_OR_RETURN(const size_t size, FindEnd(terminator, from));
  return Take(size, XmlToken::kOther);
}

Result<XmlToken> XmlScanner::ReadInstruction() {
  CARREL_TRY(ReadSpecial("?>", 2));
  const std::string_view inner = raw_.substr(2, raw_.size() - 4);
  const std::string_view target = inner.substr(0, NameEnd(inner));
  if (target.empty()) return NotXml("a processing instruction without a name");
  if (target != "xml") return XmlToken::kOther;
  if (started_) return NotXml("an XML declaration that is not at the start");
  CARREL_TRY(CheckAttributes(inner.substr(target.size())));
  CARREL_TRY(CheckDeclaredEncoding(raw_));
  return XmlToken::kOther;
}

// Where a long text can be cut without cutting a reference, a character or "]]>".
size_t XmlScanner::TextCut() const {
  size_t cut = checked_;
  const size_t tail = std::max(begin_, cut - std::min(cut, kMaxReference));
  const size_t reference = std::string_view(buffer_).substr(tail, cut - tail).rfind('&');
  if (reference != std::string_view::npos) cut = tail + reference;
  while (cut > tail && buffer_[cut - 1] == ']') --cut;
  return cut;
}

Result<XmlToken> XmlScanner::ReadText() {
  size_t end = 0;
  while ((end = buffer_.find('<', begin_)) == std::string::npos) {
    if (buffer_.size() - begin_ >= kPiece) {
      end = TextCut();
      break;
    }
    CARREL_ASSIGN_OR_RETURN(const bool more, Fill());
    if (!more) {
      end = buffer_.size();
      break;
    }
  }
  Take(end - begin_, XmlToken::kText);
  if (open_.empty()) {
    if (raw_.find_first_not_of(kSpace) == raw_.npos) return XmlToken::kText;
    return NotXml(has_root_ ? "text behind its element" : "text before its element");
  }
  CARREL_TRY(CheckReferences(raw_));
  if (raw_.find("]]>") != raw_.npos) return NotXml("\"]]>\" in a text");
  return XmlToken::kText;
}

Result<XmlToken> XmlScanner::ReadMarkup() {
  CARREL_TRY(Have(9));
  const auto ahead = std::string_view(buffer_).substr(begin_, 9);
  if (ahead.starts_with("<?")) return ReadInstruction();
  if (ahead.starts_with("<!--")) {
    CARREL_TRY(ReadSpecial("-->", 4));
    if (raw_.substr(4, raw_.size() - 7).find("--") == raw_.npos) return XmlToken::kOther;
    return NotXml("\"--\" in a comment");
  }
  if (ahead.starts_with("<![CDATA[")) {
    if (open_.empty()) return NotXml("text outside of its element");
    return ReadSpecial("]]>", 9);
  }
  if (ahead.starts_with("<!")) {
    at_doctype_ = true;
    return Fail(Code::kInvalid, "XML with a document type declaration is not read");
  }
  return ReadTag();
}

Result<XmlToken> XmlScanner::Finished() const {
  if (!has_root_) return NotXml("it has no element");
  if (open_.empty()) return XmlToken::kFinished;
  const std::string_view name = std::string_view(open_names_).substr(open_.back());
  return NotXml(fmt::format("it ends before </{}>", Printable(name)));
}

Result<XmlToken> XmlScanner::Next() {
  name_ = {};
  raw_ = {};
  attribute_count_ = 0;
  CARREL_ASSIGN_OR_RETURN(const bool any, Have(1));
  if (!any) return Finished();
  if (!started_) {
    CARREL_TRY(Have(3));
    if (buffer_.starts_with("\xEF\xBB\xBF") && begin_ == 0) return Take(3, XmlToken::kOther);
  }
  auto token = buffer_[begin_] == '<' ? ReadMarkup() : ReadText();
  started_ = true;
  return token;
}

XmlAttributes::XmlAttributes(std::string_view tag) : rest_(tag) {
  const size_t space = rest_.find_first_of(kSpace);
  rest_ = space == std::string_view::npos ? std::string_view() : rest_.substr(space);
}

bool XmlAttributes::Next() {
  const size_t begin = rest_.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return false;
  rest_.remove_prefix(begin);
  const size_t equals = rest_.find('=');
  if (equals == std::string_view::npos) return false;
  name_ = rest_.substr(0, NameEnd(rest_));
  const size_t open = rest_.find_first_not_of(kSpace, equals + 1);
  if (open == std::string_view::npos || (rest_[open] != '"' && rest_[open] != '\'')) return false;
  const size_t close = rest_.find(rest_[open], open + 1);
  if (close == std::string_view::npos) return false;
  value_ = rest_.substr(open + 1, close - open - 1);
  raw_ = rest_.substr(0, close + 1);
  rest_.remove_prefix(close + 1);
  return true;
}

std::optional<std::string_view> FindXmlAttribute(std::string_view tag, std::string_view name) {
  for (XmlAttributes attributes(tag); attributes.Next();) {
    if (attributes.name() == name) return attributes.value();
  }
  return std::nullopt;
}

std::string WithoutXmlAttribute(std::string_view tag, std::string_view name) {
  for (XmlAttributes attributes(tag); attributes.Next();) {
    if (attributes.name() != name) continue;
    const auto begin = static_cast<size_t>(attributes.raw().data() - tag.data());
    const std::string_view rest = tag.substr(begin + attributes.raw().size());
    return std::string(tag.substr(0, tag.find_last_not_of(" \t\r\n", begin - 1) + 1)) +
           std::string(rest);
  }
  return std::string(tag);
}

}  // namespace carrel::render
