// One reading of a spreadsheet into the store: its records, categories and exact totals. Records
// are stored while the file is read, in many small transactions; nobody sees them before the
// transaction that Publish belongs to makes the file name this load.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/decimal.h"
#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/catalog/products.h"
#include "runtime/query/value.h"
#include "runtime/store/database.h"
#include "runtime/usage/file_rows.h"
#include "runtime/usage/record_source.h"
#include "runtime/usage/record_writer.h"
#include "runtime/usage/total_table.h"

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

// Told now and then how many records were read.
using LoadProgress = std::function<void(int64_t records)>;

// Used by one thread.
class RecordLoad final : public SourceSink {
 public:
  static Result<std::unique_ptr<RecordLoad>> Begin(store::Database& database, const UsageFile& file,
                                                   LoadProgress progress);

  Status OnItems(std::span<const catalog::Item> items) override;
  Status OnCategory(const StoredCategory& category) override;
  Status OnItem(const catalog::Item& item) override;
  // kInvalid for a number that cannot be stored, kLimit for too many records.
  Status OnRecord(const SourceRecord& record) override;

  // After the last record: waits until the store has them all.
  Status Flush();
  // Then: record ids that other files of the product hold already become errors; of a load without
  // errors the items that it brings are created and the totals stored. kConflict when the catalogue
  // has changed since it was read.
  Status Publish(store::Transaction& transaction);

  int64_t key() const { return key_; }
  const std::string& file_id() const { return file_.id; }
  const RecordCounts& counts() const { return counts_; }

 private:
  RecordLoad(store::Database& database, const UsageFile& file, int64_t key, LoadProgress progress)
      : file_(file), key_(key), progress_(std::move(progress)), writer_(database, key) {}
  void CountIn(const SourceRecord& record);
  Status CheckOtherLoads(store::Transaction& transaction);
  Status RefuseTaken(store::Transaction& transaction, int64_t other_load,
                     std::string_view other_file);
  Status UseItems(store::Transaction& transaction);
  Result<std::vector<int64_t>> SettleItems(store::Transaction& transaction);
  Status StoreCategories(store::Transaction& transaction);
  Status StoreTotals(store::Transaction& transaction, std::span<const int64_t> brought_items);

  const UsageFile& file_;
  const int64_t key_;
  const LoadProgress progress_;
  RecordWriter writer_;
  RecordBatch batch_;
  std::vector<StoredCategory> categories_;
  std::vector<catalog::Item> items_;
  std::vector<catalog::Item> known_items_;
  std::set<int64_t> items_of_invalid_;  // keys; those of valid records are in totals_
  RecordCounts counts_;
  std::string first_id_, last_id_;  // in the order of texts
  TotalTable totals_;
};

// Every load of the file but the one that it names: what was replaced, and what was never finished.
Result<std::vector<int64_t>> OtherLoads(store::Transaction& transaction, const UsageFile& file);

// All that a load stored, in one transaction or in many small ones. 0 is no load.
Status RemoveLoad(store::Transaction& transaction, int64_t load);
Status RemoveLoadInSteps(store::Database& database, int64_t load);

}  // namespace carrel::usage
