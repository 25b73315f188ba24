// The catalogue as lists and single objects, in JSON.
#pragma once

#include <string_view>

#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/catalog/kinds.h"
#include "runtime/catalog/object_list.h"
#include "runtime/store/database.h"

namespace carrel::catalog {

// `query` is RQL over the paths of the kind's table; its order ends with the id. kInvalid for
// faults in it.
Result<ObjectPage> List(store::Database& database, const KindRow& kind, std::string_view query);

// kNotFound when there is none.
Result<Json> Get(store::Database& database, const KindRow& kind, std::string_view id);

}  // namespace carrel::catalog
