// A whole query string, as every list of the runtime takes it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/query/filter.h"

namespace carrel::query {

inline constexpr int64_t kDefaultLimit = 100;
inline constexpr int64_t kMaxLimit = 1000;

struct Query {
  struct Order {
    size_t field;
    SignedName::Sign sign;
  };
  Node filter;  // the search is part of it
  std::vector<Order> ordering;
  std::vector<std::string> hidden;  // by select(-name): dotted paths
  int64_t limit = kDefaultLimit;
  int64_t offset = 0;
};

// `text` is percent-decoded. kInvalid with every fault, one a line.
Result<Query> Compile(std::string_view text, const Schema& schema);

// Only a filter: for rules. Ordering and windows are refused.
Result<Node> CompileFilter(std::string_view text, const Schema& schema);

// Removes what select() hid.
void Hide(const Query& query, Json& object);

}  // namespace carrel::query
