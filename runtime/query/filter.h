// A filter bound to the fields of one kind of object: every name known, every value of the right
// type. It is asked of a record here and becomes SQL in sql.h; both give the same answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/query/syntax.h"
#include "runtime/query/value.h"

namespace carrel::query {

enum class Nullable : uint8_t { kNo, kYes };
enum class Searched : uint8_t { kNo, kYes };  // by "search=", text only

// One name of a choice. Several names may mean one code, and one name several codes.
struct Choice {
  std::string_view name;
  int64_t code;
};

struct Field {
  std::string_view name;  // as queries say it: "product.id"
  FieldType type;
  std::string_view column;  // a SQL expression: "p.id"
  Nullable nullable = Nullable::kNo;
  Searched searched = Searched::kNo;
  std::string_view fraction_column = {};  // of a decimal
  std::span<const Choice> choices = {};   // of a choice
  // Columns that order as `column` does and have an index, "f.id, r.key"; empty: `column`.
  std::string_view order_columns = {};
};

// What can be asked of one kind of object. Both spans live as long as the program.
struct Schema {
  std::string_view object;  // "an asset", for messages
  std::span<const Field> fields;
  std::span<const std::string_view> selectable = {};  // names for select() that are no field
};

// One object in memory.
class Record {
 public:
  virtual ~Record() = default;
  // Of the field at `index` in the schema, in its type or null.
  virtual Value Get(size_t index) const = 0;
};

// The parts of a filter. A comparison holds values of the field's type and never null.
struct Node {
  enum class Kind : uint8_t {
    kAnd,  // without children: true
    kOr,   // without children: false
    kNot,
    kIsNull,
    kIn,    // equal to one of the values
    kLess,  // than the value
    kLessOrEqual,
    kLike,
  };
  // Text that begins with, ends with, holds or is `needle`.
  enum class Anchor : uint8_t { kWhole, kStart, kEnd, kAnywhere };
  enum class Case : uint8_t { kExact, kFolded };

  Kind kind = Kind::kAnd;
  std::vector<Node> children = {};
  size_t field = 0;
  std::vector<Value> values = {};
  Anchor anchor = Anchor::kWhole;
  Case letters = Case::kExact;
};

inline constexpr size_t kMaxValues = 10'000;  // of one query: databases limit placeholders

// Every fault of the terms, one a line: an unknown field, an operator that is not for it, a value
// that does not convert.
Result<Node> BindTerms(std::span<const Term> terms, const Schema& schema);

// What holds `text` in one of the searched fields.
Node SearchFor(std::string_view text, const Schema& schema);

bool Matches(const Node& node, const Record& record);

}  // namespace carrel::query
