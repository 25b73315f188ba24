// RQL as text: the grammar and its limits, without any knowledge of fields.
//
//   query      = [part {("&" | ",") part}]
//   part       = term | "ordering(" names ")" | "select(" names ")" | "search=" value
//              | "limit=" number | "offset=" number          (also "limit(10)", "offset(10)")
//   term       = op "(" property "," value ")" | property "=" op "=" value | property "=" value
//              | "and(" term {"," term} ")" | "or(" ... ")" | "not(" term ")" | group
//   group      = "(" all {("|" | ";") all} ")"      all = term {("&" | ",") term}
//   value      = text | quoted text | "null()" | "empty()" | "(" value {"," value} ")" for in, out
//
// Text without quotes ends at , ) ( & | ; and, where a property stands before it, at "=". Inside of
// it spaces count, around it they do not. A backslash takes the meaning from *, \ and quotes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace carrel::query {

inline constexpr size_t kMaxQueryBytes = size_t{64} << 10;
inline constexpr int kMaxLevels = 32;

struct Literal {
  enum class Kind : uint8_t { kText, kNull, kEmpty };
  Kind kind = Kind::kText;
  std::string text;
  std::vector<size_t> stars;  // where in `text` an unescaped * stands
};

struct Term {
  enum class Kind : uint8_t { kAnd, kOr, kNot, kCompare };
  Kind kind = Kind::kCompare;
  std::vector<Term> children = {};  // of and, or, not

  // Of a comparison.
  std::string op = {};
  std::string property = {};
  std::vector<Literal> values = {};  // one, or those of a list
  size_t at = 0;                     // its place in the query, from 1
};

struct SignedName {
  enum class Sign : uint8_t { kPlus, kMinus };
  Sign sign = Sign::kPlus;
  std::string name;
};

struct Syntax {
  std::vector<Term> terms;  // all of them must hold
  std::vector<SignedName> ordering;
  std::vector<SignedName> select;
  std::optional<std::string> search;
  std::optional<std::string> limit, offset;
};

// `text` is percent-decoded already. kInvalid, naming the place and what stands there, also for a
// text or a nesting beyond the limits.
Result<Syntax> ParseQuery(std::string_view text);

}  // namespace carrel::query
