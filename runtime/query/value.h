// What a field can hold and a literal can mean. Decimals are exact: a whole part and a fraction of
// it, so that they compare in order as a pair of integer columns.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"

namespace carrel::query {

enum class FieldType : uint8_t {
  kText,
  kInteger,
  kDecimal,  // two columns: Number::whole and Number::fraction
  kTime,     // microseconds since 1970, UTC
  kBoolean,  // 0 or 1
  kChoice,   // a whole number behind one or several names
};

std::string_view Name(FieldType type);

// whole + fraction / 10^18, rounded down: -1.5 is {-2, 5 * 10^17}.
struct Number {
  int64_t whole = 0;
  int64_t fraction = 0;  // 0 to 10^18 - 1
  auto operator<=>(const Number&) const = default;
};

// monostate: null. A choice is its whole number.
using Value = std::variant<std::monostate, bool, int64_t, Number, std::string, Timestamp>;

// Digits with an optional sign and a point; kInvalid for anything else, for more than 18 digits
// before the point or 18 significant ones after it.
Result<Number> ParseNumber(std::string_view text);

// Text that does not convert is kInvalid, and the message says what the type takes. Not for
// choices, which have a table.
Result<Value> ParseValue(FieldType type, std::string_view text);

// The letters A to Z as a to z; all other bytes as they are.
std::string FoldCase(std::string_view text);

}  // namespace carrel::query
