// Closing: records of an accepted file get the id under which they were billed. When the last one
// has it, the file is closed; later only billing ids and notes change.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/catalog/account.h"
#include "runtime/store/database.h"
#include "runtime/usage/chunk_state.h"
#include "runtime/usage/file_rows.h"

namespace carrel::usage {

struct BillingRow {
  size_t row = 0;      // in what was sent, from 1
  std::string record;  // UR-..., or the vendor's record id where the file is known
  std::string billing_id;
  std::string billing_note;
  std::string record_id = {};  // the vendor's beside UR-...: must be that of the same record
  std::string fault = {};      // why the row cannot be read; empty: it can
};

struct BillingResult {
  size_t row = 0;
  std::string record;
  std::string fault = {};      // empty: closed
  Code code = Code::kInvalid;  // of the fault
};

struct BillingReport {
  std::string id = {};                 // of a reconciliation, as reconciliations.h keeps it
  std::vector<BillingResult> results;  // one a row
  int64_t closed = 0;                  // rows that were applied
  int64_t refused = 0;
};

enum class Partial : uint8_t { kNo, kYes };

// Thread-safe; what it is given outlives it. Visibility and steps as UsageService.
class Closing {
 public:
  Closing(store::Database& database, const Clock& clock) : database_(database), clock_(clock) {}

  // Every row is checked: unknown record, billing id missing or blank, record of another file, two
  // ids of different records, a record twice, a row that cannot be read. Unless all are good
  // nothing is applied, but with kYes the good ones are. What came of it is kept under `name`, that
  // of the spreadsheet.
  Result<BillingReport> Reconcile(const catalog::Account& account, std::string_view origin,
                                  std::string_view file_id, const std::vector<BillingRow>& rows,
                                  Partial partial, std::string_view name = "");
  // Rows of any files, each for itself: one that cannot be closed does not keep the others.
  Result<BillingReport> CloseRecords(const catalog::Account& account, std::string_view origin,
                                     const std::vector<BillingRow>& rows);
  // One id and note for all records that are not closed yet. kInvalid without an id.
  Result<UsageFile> CloseAll(const catalog::Account& account, std::string_view origin,
                             std::string_view file_id, std::string_view billing_id,
                             std::string_view billing_note);
  // What a distributor does to a chunk: kFail, with a note, and kRetry.
  Status StepChunk(const catalog::Account& account, std::string_view origin,
                   std::string_view chunk_id, ChunkAction action, std::string_view note);

 private:
  store::Database& database_;
  const Clock& clock_;
};

}  // namespace carrel::usage
