// nlohmann/json without its exceptions: parsing gives a Result.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace carrel {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

// kInvalid with "line L, column C: ..." when the text is not JSON, is nested deeper than 200 levels
// or holds a number beyond a double.
Result<Json> ParseJson(std::string_view text);

// Compact; bytes that are not UTF-8 become U+FFFD, so this never throws.
std::string DumpJson(const Json& value);

// The string member `key`, or `fallback` when absent or not a string.
std::string JsonString(const Json& object, std::string_view key, std::string fallback = {});

}  // namespace carrel
