#include "runtime/template/json_document.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "runtime/base/text.h"

namespace carrel::manifest {
namespace {

constexpr size_t kBlock = 1024;
constexpr size_t kMaxPathKey = 80;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool StartsCodePoint(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool IsWord(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '+' || c == '.' || c == '_';
}

// Reads one document. The first fault of the syntax ends it; duplicate keys do not.
class Reader {
 public:
  Reader(const SourceText& source, std::string_view file, FaultList& faults)
      : source_(source), text_(source.text()), file_(file), faults_(faults) {}

  std::optional<JsonNode> Read(size_t begin) {
    pos_ = begin;
    JsonNode root;
    SkipSpace();
    if (pos_ == text_.size()) {
      Broken(pos_, "the file is empty", "a JSON object");
      return std::nullopt;
    }
    if (!ReadValue(root)) return std::nullopt;
    SkipSpace();
    if (pos_ != text_.size()) {
      Broken(pos_, fmt::format("found {} after the end of the JSON value", Here()), "end of file");
      return std::nullopt;
    }
    return root;
  }

  void Report(size_t offset, Severity severity, std::string rule, std::string path,
              std::string message, std::string expected = {}) {
    const SourceText::Position at = source_.At(offset);
    faults_.Add({.severity = severity,
                 .rule = std::move(rule),
                 .place = {std::string(file_), at.line, at.column, std::move(path)},
                 .message = std::move(message),
                 .found = {},
                 .expected = std::move(expected),
                 .near_miss = {}});
  }

 private:
  bool Broken(size_t offset, std::string message, std::string expected,
              std::string rule = "json-syntax") {
    Report(offset, Severity::kError, std::move(rule), Path(), std::move(message),
           std::move(expected));
    return false;
  }

  // Built only when a fault needs it: a hostile file has long keys on every level.
  std::string Path() const {
    std::string path = "$";
    for (const Step& step : steps_) {
      path = step.index ? ItemPath(path, *step.index) : MemberPath(path, step.key);
    }
    return path;
  }

  void SkipSpace() {
    while (pos_ < text_.size() && IsSpace(text_[pos_])) ++pos_;
  }

  bool At(char c) const { return pos_ < text_.size() && text_[pos_] == c; }

  // What stands at the position, for messages.
  std::string Here() const {
    if (pos_ >= text_.size()) return "the end of the file";
    size_t end = pos_ + 1;
    if (IsWord(text_[pos_])) {
      while (end < text_.size() && IsWord(text_[end])) ++end;
    } else {
      while (end < text_.size() && !StartsCodePoint(text_[end])) ++end;
    }
    return Quoted(text_.substr(pos_, end - pos_));
  }

  std::string Hint() const {
    if (At('/') || At('#')) return " (JSON has no comments)";
    if (At('\'')) return " (strings need double quotes)";
    return {};
  }

  bool ReadValue(JsonNode& node) {
    if (++values_ > kMaxJsonValues) {
      return Broken(pos_, fmt::format("more than {} values", kMaxJsonValues), {}, "json-limit");
    }
    if (steps_.size() >= kMaxJsonDepth && (At('{') || At('['))) {
      return Broken(pos_, fmt::format("nested deeper than {} levels", kMaxJsonDepth), {},
                    "json-limit");
    }
    node.begin = pos_;
    bool good = false;
    if (At('{')) {
      good = ReadObject(node);
    } else if (At('[')) {
      good = ReadArray(node);
    } else {
      good = ReadScalar(node);
    }
    node.end = pos_;
    return good;
  }

  // After an element: true and past the comma, or false at the closing bracket or a fault.
  enum class Next { kElement, kClosed, kBroken };
  Next AfterElement(char close, std::string_view what) {
    SkipSpace();
    if (At(close)) {
      ++pos_;
      return Next::kClosed;
    }
    if (!At(',')) {
      const std::string expected = fmt::format("',' or '{}'", close);
      Broken(pos_, fmt::format("found {}, expected {} after {}{}", Here(), expected, what, Hint()),
             expected);
      return Next::kBroken;
    }
    const size_t comma = pos_++;
    SkipSpace();
    if (!At(close)) return Next::kElement;
    Broken(comma, fmt::format("a comma before '{}' (JSON has no trailing commas)", close), {});
    return Next::kBroken;
  }

  bool ReadArray(JsonNode& node) {
    node.kind = JsonNode::Kind::kArray;
    ++pos_;
    SkipSpace();
    if (At(']')) return ++pos_, true;
    while (true) {
      steps_.push_back({.key = {}, .index = node.items.size()});
      if (!ReadValue(node.items.emplace_back())) return false;
      steps_.pop_back();
      const Next next = AfterElement(']', "an array element");
      if (next != Next::kElement) return next == Next::kClosed;
    }
  }

  bool ReadObject(JsonNode& node) {
    node.kind = JsonNode::Kind::kObject;
    ++pos_;
    SkipSpace();
    if (At('}')) return ++pos_, true;
    std::unordered_set<std::string> seen;
    while (true) {
      JsonMember member;
      member.key_begin = pos_;
      if (!ReadKey(member.key)) return false;
      steps_.push_back({.key = member.key, .index = std::nullopt});
      if (!ReadValue(member.value)) return false;
      const bool first = seen.insert(member.key).second;
      if (!first) {
        Report(member.key_begin, Severity::kError, "duplicate-key", Path(),
               fmt::format("the key {} occurs twice in one object", Quoted(member.key)));
      }
      steps_.pop_back();
      if (first) node.members.push_back(std::move(member));
      const Next next = AfterElement('}', "an object member");
      if (next != Next::kElement) return next == Next::kClosed;
    }
  }

  bool ReadKey(std::string& key) {
    if (!At('"')) {
      return Broken(pos_,
                    fmt::format("found {}, expected a key in double quotes{}", Here(), Hint()),
                    "a string");
    }
    JsonNode node;
    if (!ReadScalar(node)) return false;
    key = node.scalar.get_ref<const std::string&>();
    SkipSpace();
    if (!At(':')) {
      return Broken(
          pos_, fmt::format("found {}, expected ':' after the key {}", Here(), Quoted(key)), "':'");
    }
    ++pos_;
    SkipSpace();
    return true;
  }

  bool ReadScalar(JsonNode& node) {
    const size_t begin = pos_;
    const bool is_string = At('"');
    if (is_string) {
      if (!SkipString()) return false;
    } else {
      while (pos_ < text_.size() && IsWord(text_[pos_])) ++pos_;
      if (pos_ == begin) {
        return Broken(pos_, fmt::format("found {}, expected a JSON value{}", Here(), Hint()),
                      "a JSON value");
      }
    }
    return Decode(node, begin);
  }

  // From the opening quote to past the closing one.
  bool SkipString() {
    const size_t begin = pos_++;
    for (; pos_ < text_.size() && text_[pos_] != '"'; ++pos_) {
      if (text_[pos_] == '\n') break;
      if (text_[pos_] == '\\' && pos_ + 1 < text_.size()) ++pos_;
    }
    if (At('"')) return ++pos_, true;
    return Broken(begin, "a string without its closing quote", "'\"'");
  }

  bool Decode(JsonNode& node, size_t begin) {
    const std::string_view token = text_.substr(begin, pos_ - begin);
    try {
      node.scalar = Json::parse(token);
    } catch (const Json::parse_error& e) {
      if (token.front() != '"') {
        return Broken(begin, fmt::format("{} is not a JSON value", Quoted(token)), "a JSON value");
      }
      return Broken(begin + std::min(e.byte > 0 ? e.byte - 1 : 0, token.size() - 1),
                    "a bad escape or a control character in a string", "an escape like \\n");
    } catch (const Json::exception&) {
      return Broken(begin, fmt::format("the number {} is too large", Quoted(token)), "a number");
    }
    node.kind = node.scalar.is_string()    ? JsonNode::Kind::kString
                : node.scalar.is_number()  ? JsonNode::Kind::kNumber
                : node.scalar.is_boolean() ? JsonNode::Kind::kBool
                                           : JsonNode::Kind::kNull;
    return true;
  }

  struct Step {
    std::string_view key;
    std::optional<size_t> index;
  };

  const SourceText& source_;
  std::string_view text_;
  std::string_view file_;
  FaultList& faults_;
  std::vector<Step> steps_;  // from the root to the value being read
  size_t pos_ = 0;
  size_t values_ = 0;
};

// The offset of the first byte that is not UTF-8.
size_t FirstBadByte(std::string_view text) {
  size_t begin = 0;
  while (begin < text.size()) {
    size_t end = begin + 1;
    while (end < text.size() && end < begin + 4 && !StartsCodePoint(text[end])) ++end;
    if (!IsUtf8(text.substr(begin, end - begin))) break;
    begin = end;
  }
  return begin;
}

}  // namespace

SourceText::SourceText(std::string text) : text_(std::move(text)) {
  line_starts_.push_back(0);
  size_t count = 0;
  for (size_t i = 0; i < text_.size(); ++i) {
    if (i % kBlock == 0) block_counts_.push_back(count);
    if (StartsCodePoint(text_[i])) ++count;
    if (text_[i] == '\n') line_starts_.push_back(i + 1);
  }
}

size_t SourceText::CodePointsBefore(size_t offset) const {
  if (block_counts_.empty()) return 0;
  const size_t block = std::min(offset / kBlock, block_counts_.size() - 1);
  const auto begin = text_.begin() + static_cast<std::ptrdiff_t>(block * kBlock);
  const auto end = text_.begin() + static_cast<std::ptrdiff_t>(offset);
  return block_counts_[block] + static_cast<size_t>(std::count_if(begin, end, StartsCodePoint));
}

SourceText::Position SourceText::At(size_t offset) const {
  offset = std::min(offset, text_.size());
  const auto next = std::ranges::upper_bound(line_starts_, offset);
  const size_t start = *(next - 1);
  return {static_cast<int>(next - line_starts_.begin()),
          static_cast<int>(CodePointsBefore(offset) - CodePointsBefore(start)) + 1};
}

std::string_view SourceText::Line(int line) const {
  if (line < 1 || line > line_count()) return {};
  const size_t begin = line_starts_[static_cast<size_t>(line) - 1];
  std::string_view rest = std::string_view(text_).substr(begin);
  rest = rest.substr(0, rest.find('\n'));
  if (rest.ends_with('\r')) rest.remove_suffix(1);
  return rest;
}

const JsonMember* JsonNode::Find(std::string_view key) const {
  const auto it = std::ranges::find(members, key, &JsonMember::key);
  return it == members.end() ? nullptr : &*it;
}

const std::string* JsonNode::AsString() const {
  return kind == Kind::kString ? scalar.get_ptr<const std::string*>() : nullptr;
}

Json JsonNode::ToJson() const {
  if (kind == Kind::kArray) {
    Json json = Json::array();
    for (const JsonNode& item : items) json.push_back(item.ToJson());
    return json;
  }
  if (kind == Kind::kObject) {
    Json json = Json::object();
    for (const JsonMember& member : members) json[member.key] = member.value.ToJson();
    return json;
  }
  return scalar;
}

std::string MemberPath(std::string_view parent, std::string_view key) {
  const bool plain = !key.empty() && key.size() <= kMaxPathKey &&
                     std::ranges::all_of(
                         key, [](char c) { return IsWord(c) && c != '-' && c != '+' && c != '.'; });
  if (plain) return fmt::format("{}.{}", parent, key);
  return fmt::format("{}[{}]", parent, DumpJson(Json(Truncate(key, kMaxPathKey))));
}

std::string ItemPath(std::string_view parent, size_t index) {
  return fmt::format("{}[{}]", parent, index);
}

std::string_view KindName(JsonNode::Kind kind) {
  switch (kind) {
    case JsonNode::Kind::kNull:
      return "null";
    case JsonNode::Kind::kBool:
      return "a boolean";
    case JsonNode::Kind::kNumber:
      return "a number";
    case JsonNode::Kind::kString:
      return "a string";
    case JsonNode::Kind::kArray:
      return "an array";
    case JsonNode::Kind::kObject:
      return "an object";
  }
  return "nothing";
}

std::optional<JsonNode> ParseJsonDocument(const SourceText& source, std::string_view file,
                                          FaultList& faults) {
  const std::string_view text = source.text();
  Reader reader(source, file, faults);
  if (text.size() > kMaxManifestBytes) {
    reader.Report(0, Severity::kError, "json-limit", "$",
                  fmt::format("the file is larger than {}", HumanBytes(kMaxManifestBytes)));
    return std::nullopt;
  }
  if (!IsUtf8(text)) {
    reader.Report(FirstBadByte(text), Severity::kError, "json-encoding", "$",
                  "a byte that is not UTF-8", "UTF-8");
    return std::nullopt;
  }
  const bool marked = text.starts_with(kByteOrderMark);
  if (marked) {
    reader.Report(0, Severity::kWarning, "json-encoding", "$",
                  "the file begins with a byte order mark", "UTF-8 without byte order mark");
  }
  return reader.Read(marked ? kByteOrderMark.size() : 0);
}

}  // namespace carrel::manifest
