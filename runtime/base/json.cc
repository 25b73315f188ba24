#include "runtime/base/json.h"

#include <fmt/format.h>

#include <algorithm>

namespace carrel {

namespace {

// Copying and printing a value recurse once a level: deeper ones would overflow the stack.
constexpr int kMaxDepth = 200;

bool TooDeep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxDepth) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

}  // namespace

Result<Json> ParseJson(std::string_view text) {
  if (TooDeep(text)) {
    return Fail(Code::kInvalid, fmt::format("JSON nested deeper than {} levels", kMaxDepth));
  }
  // The parser takes a NUL byte for the end and would accept whatever follows it.
  if (text.find('\0') != std::string_view::npos) {
    return Fail(Code::kInvalid, "JSON with a NUL byte");
  }
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& e) {
    const size_t end = std::min(e.byte > 0 ? e.byte - 1 : 0, text.size());
    const std::string_view before = text.substr(0, end);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const size_t newline = before.rfind('\n');
    const size_t column = newline == std::string_view::npos ? end + 1 : end - newline;
    return Fail(Code::kInvalid, fmt::format("line {}, column {}: not valid JSON", line, column));
  } catch (const Json::exception&) {  // a number beyond a double
    return Fail(Code::kInvalid, "JSON with a number that is out of range");
  }
}

std::string DumpJson(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string JsonString(const Json& object, std::string_view key, std::string fallback) {
  if (!object.is_object()) return fallback;
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : fallback;
}

}  // namespace carrel
