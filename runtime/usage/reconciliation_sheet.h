// A reconciliation as distributors send it: the spreadsheet of records with the billing id and note
// of each.
#pragma once

#include <filesystem>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/usage/closing.h"

namespace carrel::usage {

// From the `records` tab of XLSX or from CSV, tab and header found as those of a usage file are.
// Columns by name: `id` (UR-...) or `record_id` or both, `external_billing_id`,
// `external_billing_note`; others do not matter. Cells are what a person sees in them, without the
// blanks around it; one that holds an error is the fault of its row. kInvalid with what is missing,
// kLimit for more rows than a usage file has.
Result<std::vector<BillingRow>> ReadReconciliation(const std::filesystem::path& path);

}  // namespace carrel::usage
