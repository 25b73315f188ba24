// A pull scanner for the XML of strangers: it cuts a stream into tags and text without
// interpreting them, so that what is not changed can be copied byte for byte, and refuses what is
// not well-formed, so that the copy is.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace carrel::render {

enum class XmlToken : uint8_t {
  kStart,  // <a ...>
  kEmpty,  // <a .../>
  kEnd,    // </a>
  kText,   // between tags; long text comes in pieces
  kOther,  // comment, processing instruction, CDATA section, byte order mark
  kFinished,
};

inline constexpr size_t kMaxXmlDepth = 128;
inline constexpr size_t kMaxXmlAttributes = 128;         // of one tag
inline constexpr size_t kMaxXmlToken = size_t{1} << 20;  // bytes of one tag or comment

// Time and memory are linear in what is read. Refuses with kInvalid what is not well-formed (tags
// that do not match, attributes without quotes or given twice, references to entities that XML
// does not define, characters that it forbids), a document type declaration and an encoding other
// than UTF-8; with kLimit what exceeds the constants above. Names are checked only as far as ASCII
// goes; namespaces are not looked at. The source's errors are passed on. Not thread-safe.
class XmlScanner {
 public:
  // Fills a buffer; 0 at the end.
  using Source = std::function<Result<size_t>(char*, size_t)>;

  explicit XmlScanner(Source source) : source_(std::move(source)) {}
  // Scans `text`, which must outlive the scanner.
  explicit XmlScanner(std::string_view text);

  // Not called again after kFinished or an error.
  Result<XmlToken> Next();

  // Of the last token; valid until the next Next().
  std::string_view raw() const { return raw_; }
  std::string_view name() const { return name_; }  // with prefix: "x:row"
  std::string_view local_name() const;             // "row"
  size_t attribute_count() const { return attribute_count_; }
  // Elements that are open after the last token: a kStart counts itself.
  size_t depth() const { return open_.size(); }
  // Whether the error was a document type declaration.
  bool at_doctype() const { return at_doctype_; }

 private:
  Result<bool> Fill();
  Status CheckNewBytes();
  Result<bool> Have(size_t bytes);
  Result<size_t> FindEnd(std::string_view terminator, size_t from);
  Result<size_t> FindTagEnd();
  XmlToken Take(size_t size, XmlToken token);
  Result<XmlToken> ReadTag();
  Status Open(std::string_view name, XmlToken token);
  Status Close(std::string_view name);
  Status CheckAttributes(std::string_view attributes);
  Result<XmlToken> ReadMarkup();
  Result<XmlToken> ReadSpecial(std::string_view terminator, size_t from);
  Result<XmlToken> ReadInstruction();
  Result<XmlToken> ReadText();
  Result<XmlToken> Finished() const;
  size_t TextCut() const;

  Source source_;
  std::string buffer_;
  size_t begin_ = 0;    // first byte of buffer_ not yet returned
  size_t checked_ = 0;  // bytes of buffer_ known to be characters that XML allows
  bool at_end_ = false;
  bool started_ = false;
  bool has_root_ = false;
  bool at_doctype_ = false;
  std::string_view raw_, name_;
  size_t attribute_count_ = 0;
  std::string open_names_;    // of the open elements, one after the other
  std::vector<size_t> open_;  // where each begins in open_names_
};

// The attributes of a start tag that a scanner returned, one after the other.
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
std::string WithoutXmlAttribute(std::string_view tag, std::string_view name);

}  // namespace carrel::render
