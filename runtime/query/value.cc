#include "runtime/query/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ranges>

#include "runtime/base/text.h"

namespace carrel::query {
namespace {

constexpr size_t kDigits = 18;
constexpr int64_t kFractions = 1'000'000'000'000'000'000;
constexpr size_t kShown = 60;

std::unexpected<Error> NoValue(std::string_view text, std::string_view expected) {
  return Fail(Code::kInvalid, fmt::format("'{}' is no {}", Truncate(text, kShown), expected));
}

bool AreDigits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Result<Value> ParseInteger(std::string_view text) {
  const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || text.starts_with("+-")) {
    return NoValue(text, "whole number");
  }
  return Value(value);
}

Result<Value> ParseBoolean(std::string_view text) {
  if (text == "true") return Value(true);
  if (text == "false") return Value(false);
  return NoValue(text, "boolean: true or false");
}

Result<Value> ParseTime(std::string_view text) {
  constexpr size_t kDate = 10;
  constexpr size_t kSeconds = 19;
  std::string whole(text);
  if (whole.size() == kDate) whole += "T00:00:00";
  const bool has_zone =
      whole.size() > kSeconds && (whole.back() == 'Z' || whole.find_last_of("+-") > kSeconds - 1);
  if (!has_zone) whole += 'Z';
  const auto time = ParseIso(whole);
  if (!time) return NoValue(text, "time like 2019-02-12 or 2019-02-12T10:02:00+03:00");
  return Value(*time);
}

}  // namespace

std::string_view Name(FieldType type) {
  switch (type) {
    case FieldType::kText:
      return "text";
    case FieldType::kInteger:
      return "whole number";
    case FieldType::kDecimal:
      return "number";
    case FieldType::kTime:
      return "time";
    case FieldType::kBoolean:
      return "boolean";
    case FieldType::kChoice:
      return "choice";
  }
  return "text";
}

Result<Number> ParseNumber(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  std::string_view rest = is_negative || text.starts_with('+') ? text.substr(1) : text;
  const size_t point = rest.find('.');
  const std::string_view whole = rest.substr(0, point);
  std::string fraction(point == std::string_view::npos ? "0" : rest.substr(point + 1));
  if (!AreDigits(whole) || !AreDigits(fraction)) return NoValue(text, "number");
  fraction.resize(std::max(kDigits, fraction.find_last_not_of('0') + 1), '0');
  if (whole.size() > kDigits || fraction.size() > kDigits) {
    return NoValue(text, "number of at most 18 digits on either side of the point");
  }
  Number out;
  std::from_chars(whole.data(), whole.data() + whole.size(), out.whole);
  std::from_chars(fraction.data(), fraction.data() + fraction.size(), out.fraction);
  if (!is_negative) return out;
  if (out.fraction == 0) return Number{-out.whole, 0};
  return Number{-out.whole - 1, kFractions - out.fraction};
}

Result<Value> ParseValue(FieldType type, std::string_view text) {
  switch (type) {
    case FieldType::kText:
      return Value(std::string(text));
    case FieldType::kInteger:
    case FieldType::kChoice:
      return ParseInteger(text);
    case FieldType::kDecimal: {
      CARREL_ASSIGN_OR_RETURN(const Number number, ParseNumber(text));
      return Value(number);
    }
    case FieldType::kTime:
      return ParseTime(text);
    case FieldType::kBoolean:
      return ParseBoolean(text);
  }
  return Fail(Code::kInternal, "a field of no type");
}

std::string FoldCase(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace carrel::query
