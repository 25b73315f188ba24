// JSON that remembers where each value stands, because every fault of a manifest names line and
// column. Scalars are decoded by nlohmann/json; the structure is read here, since that library
// gives no positions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/json.h"
#include "runtime/template/fault.h"

namespace carrel::manifest {

// Offsets of a text turned into lines and columns, in constant time however long the lines are.
class SourceText {
 public:
  explicit SourceText(std::string text);

  struct Position {
    int line = 1;
    int column = 1;  // Unicode code points
  };
  Position At(size_t offset) const;
  const std::string& text() const { return text_; }
  int line_count() const { return static_cast<int>(line_starts_.size()); }
  // Without its line end; "" for a line that does not exist.
  std::string_view Line(int line) const;

 private:
  size_t CodePointsBefore(size_t offset) const;

  std::string text_;
  std::vector<size_t> line_starts_;
  std::vector<size_t> block_counts_;  // code points before each block of the text
};

struct JsonMember;

// One value of the document. Offsets are bytes into the text.
struct JsonNode {
  enum class Kind { kNull, kBool, kNumber, kString, kArray, kObject };

  Kind kind = Kind::kNull;
  size_t begin = 0;
  size_t end = 0;
  Json scalar;                      // kNull to kString
  std::vector<JsonNode> items;      // kArray
  std::vector<JsonMember> members;  // kObject, in file order, first of a duplicate only

  // nullptr when absent.
  const JsonMember* Find(std::string_view key) const;
  const std::string* AsString() const;
  Json ToJson() const;
};

struct JsonMember {
  std::string key;
  size_t key_begin = 0;
  JsonNode value;
};

// "null", "a boolean", "a number", "a string", "an array", "an object".
std::string_view KindName(JsonNode::Kind kind);

// "$.reports" + "name" -> "$.reports.name"; a key that is no plain word becomes ["key"], cut at 80
// bytes.
std::string MemberPath(std::string_view parent, std::string_view key);
std::string ItemPath(std::string_view parent, size_t index);

inline constexpr size_t kMaxManifestBytes = size_t{1} << 20;
inline constexpr int kMaxJsonDepth = 64;
inline constexpr size_t kMaxJsonValues = 100'000;

// `root` is absent when the text is not JSON or breaks a limit; the list then holds why. A byte
// order mark is a warning, a duplicate key an error (the first one counts), bytes that are not
// UTF-8 an error.
std::optional<JsonNode> ParseJsonDocument(const SourceText& source, std::string_view file,
                                          FaultList& faults);

}  // namespace carrel::manifest
