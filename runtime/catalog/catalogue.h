// The catalogue as lists and single objects, in JSON.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/catalog/kinds.h"
#include "runtime/store/database.h"

namespace carrel::catalog {

struct ObjectPage {
  std::vector<Json> objects;
  int64_t total = 0;   // without limit and offset
  int64_t offset = 0;  // of the query
};

// `query` is RQL over the paths of the kind's table; its order ends with the id. kInvalid for
// faults in it.
Result<ObjectPage> List(store::Database& database, const KindRow& kind, std::string_view query);

// kNotFound when there is none.
Result<Json> Get(store::Database& database, const KindRow& kind, std::string_view id);

}  // namespace carrel::catalog
