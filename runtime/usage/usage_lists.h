// Usage as lists and single objects, in the JSON of the API.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/catalog/account.h"
#include "runtime/catalog/object_list.h"
#include "runtime/store/database.h"
#include "runtime/usage/file_rows.h"

namespace carrel::usage {

using JsonPage = catalog::ObjectPage;

Json ToJson(const UsageFile& file);

// Lists of what the account may see; `query` is RQL. kInvalid for faults in it.
Result<JsonPage> ListFiles(store::Database& database, const catalog::Account& account,
                           std::string_view query);
Result<JsonPage> ListRecords(store::Database& database, const catalog::Account& account,
                             std::string_view query);
// Of all records that fit, however many, one after the other: `limit` and `offset` do not count.
Status ForEachRecord(store::Database& database, const catalog::Account& account,
                     std::string_view query, const std::function<Status(const Json&)>& visit);
Result<JsonPage> ListChunks(store::Database& database, const catalog::Account& account,
                            std::string_view query);
// kNotFound for a chunk that does not exist or may not be seen.
Result<Json> GetChunk(store::Database& database, const catalog::Account& account,
                      std::string_view id);
// Per asset, item and currency, exact: accepted (of accepted and closed files), consumed (of
// submitted ones too), amount or, of schema TR, that of each tier, last_reported.
Result<JsonPage> ListAggregates(store::Database& database, const catalog::Account& account,
                                std::string_view query);

// kNotFound for a record that does not exist or may not be seen.
Result<Json> GetRecord(store::Database& database, const catalog::Account& account,
                       std::string_view id);
Result<std::vector<Json>> Categories(store::Database& database, const catalog::Account& account,
                                     std::string_view file_id);

}  // namespace carrel::usage
