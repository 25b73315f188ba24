// A reconciliation as distributors send it: the spreadsheet of records with the billing id and note
// of each.
#pragma once

#include <filesystem>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/usage/closing.h"

namespace carrel::usage {

// From the `records` tab of XLSX (`usage_records` is taken too), or from CSV. Columns by name:
// `id` (UR-...) or `record_id`, the first where both are filled, `external_billing_id`,
// `external_billing_note`; others do not matter. kInvalid with what is missing, kLimit for more
// rows than a usage file has.
Result<std::vector<BillingRow>> ReadReconciliation(const std::filesystem::path& path);

}  // namespace carrel::usage
