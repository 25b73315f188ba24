#include "sdk/render/xml_scanner.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/base/text.h"

namespace carrel::render {
namespace {

constexpr size_t kPiece = size_t{64} << 10;
constexpr size_t kMaxToken = size_t{1} << 20;
constexpr std::string_view kSpace = " \t\r\n";

std::unexpected<Error> NotXml(std::string_view what) {
  return Fail(Code::kInvalid, fmt::format("not well-formed XML: {}", what));
}

}  // namespace

std::string_view XmlScanner::local_name() const {
  const size_t colon = name_.find(':');
  return colon == std::string_view::npos ? name_ : name_.substr(colon + 1);
}

Result<bool> XmlScanner::Fill() {
  if (at_end_) return false;
  if (begin_ > 0) {
    buffer_.erase(0, begin_);
    begin_ = 0;
  }
  if (buffer_.size() > kMaxToken) {
    return Fail(Code::kLimit, "an XML tag or comment of more than 1 MiB");
  }
  const size_t before = buffer_.size();
  buffer_.resize(before + kPiece);
  CARREL_ASSIGN_OR_RETURN(const size_t n, source_(buffer_.data() + before, kPiece));
  buffer_.resize(before + n);
  at_end_ = n == 0;
  return n > 0;
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
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '>') {
      return i + 1;
    } else if (c == '<') {
      return NotXml("'<' inside of a tag");
    }
  }
}

Result<XmlToken> XmlScanner::Take(size_t size, XmlToken token) {
  raw_ = std::string_view(buffer_).substr(begin_, size);
  begin_ += size;
  return token;
}

Status XmlScanner::CheckEncoding() const {
  const auto encoding = FindXmlAttribute(raw_, "encoding");
  if (!encoding) return {};
  std::string lower(*encoding);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  if (lower == "utf-8" || lower == "utf8" || lower == "us-ascii") return {};
  return Fail(Code::kInvalid, fmt::format("XML encoding \"{}\": only UTF-8 is read",
                                          EscapeControls(Truncate(ToUtf8(*encoding), 40))));
}

Result<XmlToken> XmlScanner::ReadSpecial(std::string_view terminator, size_t from) {
  CARREL_ASSIGN_OR_RETURN(const size_t size, FindEnd(terminator, from));
  return Take(size, XmlToken::kOther);
}

Result<XmlToken> XmlScanner::ReadTag() {
  CARREL_ASSIGN_OR_RETURN(const size_t size, FindTagEnd());
  const bool end = buffer_[begin_ + 1] == '/';
  const bool empty = !end && size > 2 && buffer_[begin_ + size - 2] == '/';
  const XmlToken token = end ? XmlToken::kEnd : empty ? XmlToken::kEmpty : XmlToken::kStart;
  CARREL_TRY(Take(size, token));
  name_ = raw_.substr(end ? 2 : 1);
  name_ = name_.substr(0, name_.find_first_of(" \t\r\n/>"));
  if (name_.empty()) return NotXml("a tag without a name");
  return token;
}

Result<XmlToken> XmlScanner::Next() {
  name_ = {};
  raw_ = {};
  CARREL_ASSIGN_OR_RETURN(const bool any, Have(1));
  if (!started_) {
    started_ = true;
    CARREL_TRY(Have(3));
    if (buffer_.starts_with("\xFF\xFE") || buffer_.starts_with("\xFE\xFF")) {
      return Fail(Code::kInvalid, "XML encoding UTF-16: only UTF-8 is read");
    }
    if (buffer_.starts_with("\xEF\xBB\xBF")) return Take(3, XmlToken::kOther);
  }
  if (!any) return XmlToken::kFinished;
  if (buffer_[begin_] != '<') {
    const size_t at = buffer_.find('<', begin_);
    return Take((at == std::string::npos ? buffer_.size() : at) - begin_, XmlToken::kText);
  }
  CARREL_TRY(Have(9));
  const auto ahead = std::string_view(buffer_).substr(begin_, 9);
  if (ahead.starts_with("<!--")) return ReadSpecial("-->", 4);
  if (ahead.starts_with("<![CDATA[")) return ReadSpecial("]]>", 9);
  if (ahead.starts_with("<?")) {
    CARREL_TRY(ReadSpecial("?>", 2));
    if (raw_.starts_with("<?xml ")) CARREL_TRY(CheckEncoding());
    return XmlToken::kOther;
  }
  if (ahead.starts_with("<!")) {
    return Fail(Code::kInvalid, "XML with a document type declaration is not read");
  }
  return ReadTag();
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
  name_ = rest_.substr(0, std::min(equals, rest_.find_first_of(kSpace)));
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

}  // namespace carrel::render
