#include "sandbox/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "runtime/base/text.h"

namespace carrel::sandbox {

Limits Lowered(Limits host, const Limits& report) {
  for (const LimitRow& row : kLimitRows) {
    host.*row.field = std::min(host.*row.field, report.*row.field);
  }
  return host;
}

Status SetLimit(Limits& limits, std::string_view name, int64_t value) {
  std::vector<std::string> names;
  for (const LimitRow& row : kLimitRows) {
    names.emplace_back(row.name);
    if (name != row.name) continue;
    if (value < row.minimum) {
      return Fail(Code::kInvalid,
                  fmt::format("limit {}: {} is below the minimum {}", name, value, row.minimum));
    }
    if (value > kHighestLimit) {
      return Fail(Code::kInvalid,
                  fmt::format("limit {}: {} is above the maximum {}", name, value, kHighestLimit));
    }
    limits.*row.field = value;
    return {};
  }
  const std::string near = NearMiss(name, names);
  return Fail(Code::kInvalid,
              fmt::format("limit '{}' is not known{}; known: {}", name,
                          near.empty() ? "" : fmt::format(", did you mean '{}'?", near),
                          Join(names, ", ")));
}

Json ToJson(const Limits& limits) {
  Json out = Json::object();
  for (const LimitRow& row : kLimitRows) out[row.name] = limits.*row.field;
  return out;
}

Limits LimitsFromJson(const Json& object, Limits base) {
  if (!object.is_object()) return base;
  for (const LimitRow& row : kLimitRows) {
    if (const auto it = object.find(row.name); it != object.end() && it->is_number_integer()) {
      base.*row.field = std::max<int64_t>(it->get<int64_t>(), row.minimum);
    }
  }
  return base;
}

}  // namespace carrel::sandbox
