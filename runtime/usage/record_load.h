// One reading of a spreadsheet into the store: its records, categories and exact totals. All of it
// belongs to the caller's transaction, so nothing is ever half stored.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/decimal.h"
#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/query/value.h"
#include "runtime/store/database.h"
#include "runtime/usage/file_rows.h"
#include "runtime/usage/record_source.h"

namespace carrel::usage {

// key = load * 2^32 + the record's number in its file, from 1.
inline constexpr int64_t kRecordsInLoad = int64_t{1} << 32;

// UR-<digits of the file>-NNNN-NNNN.
std::string RecordId(std::string_view file_id, int64_t number);
struct RecordName {
  std::string file_id;
  int64_t number = 0;
};
// kNotFound for a text of another form.
Result<RecordName> ParseRecordId(std::string_view id);

// kInvalid for more than 18 digits on either side of the point.
Result<query::Number> ToNumber(const Decimal& value);
Decimal ToDecimal(const query::Number& number);

Json ToJson(const StoredError& error);

// Told now and then how far a load is.
using LoadProgress = std::function<void(int64_t records)>;

// Takes records from a source. Used by one thread, in one transaction.
class RecordLoad final : public SourceSink {
 public:
  static Result<RecordLoad> Begin(store::Transaction& transaction, const UsageFile& file,
                                  LoadProgress progress);

  Status OnCategory(const StoredCategory& category) override;
  // kInvalid for a number that cannot be stored, kLimit for too many records.
  Status OnRecord(const SourceRecord& record) override;

  Result<bool> AreAllValid() override;
  Status ReplaceItem(int64_t from, std::optional<int64_t> to) override;

  // After the last record: record ids that other files of the product hold already become errors,
  // and the totals of a load without errors are stored.
  Status Finish();

  int64_t key() const { return key_; }
  const RecordCounts& counts() const { return counts_; }

 private:
  struct Total {
    int64_t records = 0;
    DecimalSum quantity, amount;
    int64_t last_end = 0;
  };

  RecordLoad(store::Transaction& transaction, const UsageFile& file, LoadProgress progress)
      : transaction_(transaction), file_(file), progress_(std::move(progress)) {}
  Status Prepare();
  Status CheckOtherLoads();
  Status RefuseTaken(int64_t other_load, std::string_view other_file);
  Status StoreTotals();

  store::Transaction& transaction_;
  const UsageFile& file_;
  LoadProgress progress_;
  std::unique_ptr<store::Statement> insert_, category_;
  int64_t key_ = 0;
  int64_t categories_ = 0;
  bool is_checked_ = false;  // against other loads
  RecordCounts counts_;
  std::string first_id_, last_id_;                       // in the order of texts
  std::map<std::pair<int64_t, int64_t>, Total> totals_;  // of asset and item
};

// All that a load stored. 0 is no load.
Status RemoveLoad(store::Transaction& transaction, int64_t load);

}  // namespace carrel::usage
