// A pull scanner for XML parts too large to hold: it cuts a stream into tags and text without
// interpreting them, so that what is not changed can be copied byte for byte.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace carrel::render {

enum class XmlToken : uint8_t {
  kStart,  // <a ...>
  kEmpty,  // <a .../>
  kEnd,    // </a>
  kText,   // between tags; long text comes in pieces
  kOther,  // comment, processing instruction, CDATA section
  kFinished,
};

// Refuses with kInvalid: a document type declaration, an encoding other than UTF-8, markup that
// does not end; with kLimit: one tag or comment over 1 MiB. Does not check that tags match.
class XmlScanner {
 public:
  // Fills a buffer; 0 at the end.
  using Source = std::function<Result<size_t>(char*, size_t)>;

  explicit XmlScanner(Source source) : source_(std::move(source)) {}

  Result<XmlToken> Next();

  // Of the last token; valid until the next Next().
  std::string_view raw() const { return raw_; }
  std::string_view name() const { return name_; }  // with prefix: "x:row"
  std::string_view local_name() const;             // "row"

 private:
  Result<bool> Fill();
  Result<bool> Have(size_t bytes);
  Result<size_t> FindEnd(std::string_view terminator, size_t from);
  Result<size_t> FindTagEnd();
  Result<XmlToken> Take(size_t size, XmlToken token);
  Result<XmlToken> ReadTag();
  Result<XmlToken> ReadSpecial(std::string_view terminator, size_t from);
  Status CheckEncoding() const;

  Source source_;
  std::string buffer_;
  size_t begin_ = 0;  // first byte of buffer_ not yet returned
  bool at_end_ = false;
  bool started_ = false;
  std::string_view raw_, name_;
};

// The attributes of a start tag, one after the other.
class XmlAttributes {
 public:
  explicit XmlAttributes(std::string_view tag);
  bool Next();
  std::string_view name() const { return name_; }
  std::string_view value() const { return value_; }  // not unescaped
  std::string_view raw() const { return raw_; }      // name="value"

 private:
  std::string_view rest_, name_, value_, raw_;
};

std::optional<std::string_view> FindXmlAttribute(std::string_view tag, std::string_view name);

}  // namespace carrel::render
