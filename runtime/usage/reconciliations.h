// Reconciliations that were sent, each with what came of it and the rows it was refused for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/clock.h"
#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/catalog/account.h"
#include "runtime/catalog/object_list.h"
#include "runtime/store/database.h"
#include "runtime/usage/closing.h"
#include "runtime/usage/party.h"

namespace carrel::usage {

struct SentReconciliation {
  int64_t file_key = 0;
  std::string_view file_id;
  std::string_view name;  // of the spreadsheet
  const Actor& actor;
  Timestamp now;
};

// Its id: UFR-<digits of the file>-NNN, numbered within the file.
Result<std::string> StoreReconciliation(store::Transaction& transaction,
                                        const SentReconciliation& sent,
                                        const BillingReport& report);

// Of files that the account may see; `query` is RQL, kInvalid for faults in it. status: `applied`,
// `partial` (some rows were refused), `refused` (nothing was applied).
Result<catalog::ObjectPage> ListReconciliations(store::Database& database,
                                                const catalog::Account& account,
                                                std::string_view query);
// kNotFound for one that does not exist or may not be seen; so of its refused rows.
Result<Json> GetReconciliation(store::Database& database, const catalog::Account& account,
                               std::string_view id);
Result<catalog::ObjectPage> ListReconciliationErrors(store::Database& database,
                                                     const catalog::Account& account,
                                                     std::string_view id, std::string_view query);

}  // namespace carrel::usage
