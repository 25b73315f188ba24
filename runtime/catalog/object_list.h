// Lists as the API shows them: one page of the objects that fit a query and may be seen, whatever
// tables they come from.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/query/query.h"
#include "runtime/store/database.h"

namespace carrel::catalog {

struct ObjectPage {
  std::vector<Json> objects;
  int64_t total = 0;   // without limit and offset
  int64_t offset = 0;  // of the query
};

// One kind of list: where its rows are and what becomes of one.
struct ObjectSource {
  query::Schema schema;
  std::string tables;   // "assets a JOIN ..."
  std::string columns;  // what `read` reads
  std::string last;     // column of the order that tells all rows apart
  std::function<Result<Json>(const store::Statement& row)> read;
};

// What may be seen of a source.
struct Scope {
  std::string condition = "1 = 1";          // SQL, with one placeholder when `account` is given
  std::optional<std::string> account = {};  // its value
};

// "SELECT `columns` FROM ... WHERE ... `rest`" of what is in the scope and fits the filter, its
// placeholders bound.
Result<std::unique_ptr<store::Statement>> Select(store::Transaction& transaction,
                                                 const ObjectSource& source, const Scope& scope,
                                                 const query::Query& query,
                                                 std::string_view columns,
                                                 std::string_view rest = "");

// `text` is RQL over the source's fields. kInvalid for faults in it.
Result<ObjectPage> ListObjects(store::Database& database, const ObjectSource& source,
                               const Scope& scope, std::string_view text);

// The one that meets `condition`, which has one placeholder for `id`; null when there is none or
// it is not in the scope.
Result<Json> FindObject(store::Database& database, const ObjectSource& source, const Scope& scope,
                        std::string_view condition, std::string_view id);

}  // namespace carrel::catalog
