// Assets as the API shows them to the accounts that are party of them: `/subscriptions/assets`,
// under the names that clients of subscriptions know.
#pragma once

#include <string_view>

#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/catalog/account.h"
#include "runtime/catalog/object_list.h"
#include "runtime/store/database.h"

namespace carrel::catalog {

// A vendor sees those of its products, a distributor and a reseller those of its contracts, an
// admin all. `query` is RQL; without an ordering they come by id.
Result<ObjectPage> ListSubscriptions(store::Database& database, const Account& account,
                                     std::string_view query);

// kNotFound for one that does not exist or may not be seen.
Result<Json> GetSubscription(store::Database& database, const Account& account,
                             std::string_view id);

// The tiers of an asset `a`: the columns of a select, and what becomes of them from `column` on.
// {"customer": {"id", "name", "external_id"}, "tier1": ...}, without those it does not have.
inline constexpr std::string_view kTierColumns =
    "a.customer_id, a.customer_name, a.customer_external_id, a.tier1_id, a.tier1_name, "
    "a.tier1_external_id, a.tier2_id, a.tier2_name, a.tier2_external_id";
inline constexpr int kTierColumnCount = 9;
Json ReadTiers(const store::Statement& row, int column);

}  // namespace carrel::catalog
