#include "runtime/usage/record_load.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>

#include "runtime/catalog/products.h"
#include "runtime/usage/record.h"

namespace carrel::usage {
namespace {

using store::Execute;
using store::Query;
using store::Transaction;

constexpr int64_t kMostRecords = 99'999'999;  // what the ids have room for
constexpr int64_t kProgressEvery = 5'000;
constexpr int kFractionDigits = kStoredDecimals;
constexpr int64_t kFractions = 1'000'000'000'000'000'000;
// A record id that another file of the product has already.
constexpr std::string_view kTakenCode = "USG_003";

// Records of one transaction: long enough that its commit costs little, short enough that other
// writers get in between.
constexpr size_t kBatch = 8'192;
constexpr int64_t kRemovedAtOnce = 50'000;

size_t Append(std::string& texts, std::string_view text) {
  texts += text;
  return text.size();
}

Result<std::optional<query::Number>> ToNumber(const std::optional<Decimal>& value) {
  if (!value) return std::nullopt;
  return usage::ToNumber(*value);
}

std::string ErrorsText(std::span<const StoredError> errors) {
  Json json = Json::array();
  for (const StoredError& error : errors) json.push_back(ToJson(error));
  return DumpJson(json);
}

}  // namespace

std::string RecordId(std::string_view file_id, int64_t number) {
  return fmt::format("UR{}-{:04}-{:04}", file_id.substr(2), number / 10'000, number % 10'000);
}

Result<RecordName> ParseRecordId(std::string_view id) {
  constexpr size_t kTail = 10;  // -NNNN-NNNN
  RecordName out;
  if (id.size() > kTail + 2 && id.starts_with("UR-")) {
    const std::string_view tail = id.substr(id.size() - kTail);
    int64_t high = -1;
    int64_t low = -1;
    std::from_chars(tail.data() + 1, tail.data() + 5, high);
    std::from_chars(tail.data() + 6, tail.data() + kTail, low);
    out = {fmt::format("UF{}", id.substr(2, id.size() - kTail - 2)), high * 10'000 + low};
    if (high >= 0 && low >= 0 && RecordId(out.file_id, out.number) == id) return out;
  }
  return Fail(Code::kNotFound, fmt::format("usage record {} does not exist", id));
}

Result<query::Number> ToNumber(const Decimal& value) {
  __int128 scale = 1;
  for (int i = 0; i < value.scale(); ++i) scale *= 10;
  __int128 whole = value.units() / scale;
  __int128 rest = value.units() % scale;
  if (rest < 0) {
    whole -= 1;
    rest += scale;
  }
  if (value.scale() > kFractionDigits || whole >= kFractions || whole < -kFractions) {
    return Fail(Code::kInvalid,
                fmt::format("{}: more than 18 digits on one side of the point", value.ToString()));
  }
  for (int i = value.scale(); i < kFractionDigits; ++i) rest *= 10;
  return query::Number{static_cast<int64_t>(whole), static_cast<int64_t>(rest)};
}

Decimal ToDecimal(const query::Number& number) {
  return Decimal::Make(static_cast<__int128>(number.whole) * kFractions + number.fraction,
                       kFractionDigits);
}

Json ToJson(const StoredError& error) {
  return {{"column", error.column},
          {"code", error.code},
          {"message", error.message},
          {"raw_value", error.raw_value}};
}

Result<std::unique_ptr<RecordLoad>> RecordLoad::Begin(store::Database& database,
                                                      const UsageFile& file,
                                                      LoadProgress progress) {
  const auto key = database.Write(
      [&](Transaction& transaction) -> Result<int64_t> {
        CARREL_ASSIGN_OR_RETURN(
            auto load, Query(transaction,
                             "INSERT INTO usage_loads (file_key, first_record_id, last_record_id) "
                             "VALUES (?, '', '') RETURNING key",
                             file.key));
        CARREL_TRY(load->Step());
        const int64_t number = load->Integer(0);
        CARREL_TRY(load->Step());
        return number;
      },
      store::Access::kWriteSoon);
  if (!key) return std::unexpected(key.error());
  return std::unique_ptr<RecordLoad>(new RecordLoad(database, file, *key, std::move(progress)));
}

Status RecordLoad::OnItems(std::span<const catalog::Item> items) {
  known_items_.assign(items.begin(), items.end());
  return {};
}

Status RecordLoad::OnCategory(const StoredCategory& category) {
  categories_.push_back(category);
  return {};
}

Status RecordLoad::OnItem(const catalog::Item& item) {
  items_.push_back(item);
  return {};
}

Status RecordLoad::OnRecord(const SourceRecord& record) {
  if (++counts_.all > kMostRecords) {
    return Fail(Code::kLimit, fmt::format("more than {} records", kMostRecords));
  }
  const bool is_valid = record.errors.empty();
  std::string& texts = batch_.texts;
  RecordRow row;
  row.key = key_ * kRecordsInLoad + counts_.all;
  row.sheet_row = record.sheet_row;
  row.state = is_valid ? RecordState::kValidated : RecordState::kInvalid;
  row.item_key = record.item_key;
  row.asset_key = record.asset_key;
  row.category = record.category;
  row.tier = record.tier;
  row.start_us = record.start_us;
  row.end_us = record.end_us;
  CARREL_ASSIGN_OR_RETURN(row.quantity, ToNumber(record.quantity));
  CARREL_ASSIGN_OR_RETURN(row.amount, ToNumber(record.amount));
  row.record_id = Append(texts, record.record_id);
  row.note = Append(texts, record.note);
  row.params = Append(texts, record.params);
  if (!is_valid) row.errors = Append(texts, ErrorsText(record.errors));
  batch_.rows.push_back(row);
  if (batch_.rows.size() == kBatch) CARREL_TRY(writer_.Write(batch_));
  if (progress_ && counts_.all % kProgressEvery == 0) progress_(counts_.all);
  CountIn(record);
  return {};
}

void RecordLoad::CountIn(const SourceRecord& record) {
  if (counts_.all == 1 || record.record_id < first_id_) first_id_ = record.record_id;
  if (record.record_id > last_id_) last_id_ = record.record_id;
  if (!record.errors.empty()) {
    if (record.item_key.value_or(-1) >= 0) items_of_invalid_.insert(*record.item_key);
    return;
  }
  ++counts_.valid;
  Total& total = totals_.At(
      {record.asset_key.value_or(0), record.item_key.value_or(0), record.tier.value_or(kNoTier)});
  ++total.records;
  total.quantity.Add(record.quantity.value_or(Decimal()));
  total.amount.Add(record.amount.value_or(Decimal()));
  total.last_end = std::max(total.last_end, record.end_us.value_or(0));
}

Status RecordLoad::Flush() {
  if (!batch_.rows.empty()) CARREL_TRY(writer_.Write(batch_));
  return writer_.Finish();
}

Status RecordLoad::Publish(Transaction& transaction) {
  CARREL_TRY(Execute(transaction,
                     "UPDATE usage_loads SET first_record_id = ?, last_record_id = ? WHERE key = ?",
                     first_id_, last_id_, key_));
  CARREL_TRY(CheckOtherLoads(transaction));
  CARREL_TRY(StoreCategories(transaction));
  CARREL_TRY(UseItems(transaction));
  CARREL_ASSIGN_OR_RETURN(const auto brought_items, SettleItems(transaction));
  return counts_.valid == counts_.all ? StoreTotals(transaction, brought_items) : Status();
}

// Only loads whose ids can be among these are asked; files of other months hardly ever are.
Status RecordLoad::CheckOtherLoads(Transaction& transaction) {
  std::vector<std::pair<int64_t, std::string>> others;
  {
    CARREL_ASSIGN_OR_RETURN(
        auto rows,
        Query(transaction,
              "SELECT l.key, f.id FROM usage_files f JOIN usage_loads l ON l.key = f.load "
              "WHERE f.product_key = ? AND f.key <> ? AND CASE WHEN f.status IN ('uploading', "
              "'processing') THEN f.previous_status ELSE f.status END NOT IN ('rejected', "
              "'invalid') AND l.first_record_id <= ? AND l.last_record_id >= ?",
              file_.product.key, file_.key, last_id_, first_id_));
    while (true) {
      CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
      if (!found) break;
      others.emplace_back(rows->Integer(0), rows->Text(1));
    }
  }
  for (const auto& [load, id] : others) CARREL_TRY(RefuseTaken(transaction, load, id));
  return {};
}

Status RecordLoad::RefuseTaken(Transaction& transaction, int64_t other_load,
                               std::string_view other_file) {
  struct Taken {
    int64_t key;
    std::string record_id, errors;
  };
  std::vector<Taken> taken;
  {
    CARREL_ASSIGN_OR_RETURN(
        auto rows,
        Query(transaction,
              "SELECT n.key, n.record_id, n.errors FROM usage_records n WHERE n.key > ? AND n.key "
              "< ? AND EXISTS (SELECT 1 FROM usage_records o WHERE o.load = ? AND o.record_id = "
              "n.record_id AND o.state <> 3)",
              key_ * kRecordsInLoad, (key_ + 1) * kRecordsInLoad, other_load));
    while (true) {
      CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
      if (!found) break;
      taken.push_back({rows->Integer(0), store::TextColumn(*rows, 1), store::TextColumn(*rows, 2)});
    }
  }
  for (const Taken& record : taken) {
    const bool was_valid = record.errors.empty();
    CARREL_ASSIGN_OR_RETURN(Json errors, ParseJson(was_valid ? "[]" : record.errors));
    errors.push_back(ToJson({"record_id", std::string(kTakenCode),
                             fmt::format("the record id is in usage file {} already", other_file),
                             record.record_id}));
    CARREL_TRY(Execute(transaction, "UPDATE usage_records SET state = ?, errors = ? WHERE key = ?",
                       static_cast<int64_t>(RecordState::kInvalid), DumpJson(errors), record.key));
    if (was_valid) --counts_.valid;
  }
  return {};
}

Status RecordLoad::UseItems(Transaction& transaction) {
  std::set<int64_t> keys = items_of_invalid_;
  for (const Total& total : totals_.rows()) keys.insert(total.key.item);
  const bool is_whole = counts_.valid == counts_.all;
  std::vector<catalog::Item> used;
  for (const catalog::Item& item : known_items_) {
    if (!keys.contains(item.key)) continue;
    if (is_whole || item.usage_file == 0) {
      used.push_back(item);
      continue;
    }
    // A load with errors does not hold on to what a draft may take away again.
    CARREL_TRY(Execute(transaction,
                       "UPDATE usage_records SET item_key = NULL WHERE key > ? AND key < ? AND "
                       "item_key = ?",
                       key_ * kRecordsInLoad, (key_ + 1) * kRecordsInLoad, item.key));
  }
  return catalog::UseItems(transaction, file_.product.key, used);
}

// Records name an item that the file brings as -1 minus its place. Keys of created items, which are
// returned, mostly follow one another, so that few statements go over the records.
Result<std::vector<int64_t>> RecordLoad::SettleItems(Transaction& transaction) {
  constexpr std::string_view kOfLoad = "WHERE key > ? AND key < ? AND item_key < 0";
  const int64_t from = key_ * kRecordsInLoad;
  const int64_t to = from + kRecordsInLoad;
  if (counts_.valid < counts_.all) {
    if (items_.empty()) return std::vector<int64_t>();
    CARREL_TRY(Execute(transaction,
                       fmt::format("UPDATE usage_records SET item_key = NULL {}", kOfLoad), from,
                       to));
    return std::vector<int64_t>();
  }
  CARREL_ASSIGN_OR_RETURN(const catalog::Product product,
                          catalog::LoadProduct(transaction, file_.product.value.id));
  CARREL_ASSIGN_OR_RETURN(std::vector<int64_t> keys,
                          catalog::BringItems(transaction, product, file_.key, items_));
  for (size_t begin = 0, end = 0; begin < keys.size(); begin = end) {
    for (end = begin + 1; end < keys.size() && keys[end] == keys[end - 1] + 1;) ++end;
    const auto first = static_cast<int64_t>(begin);
    CARREL_TRY(Execute(transaction,
                       fmt::format("UPDATE usage_records SET item_key = ? - item_key {} AND "
                                   "item_key BETWEEN ? AND ?",
                                   kOfLoad),
                       keys[begin] - 1 - first, from, to, -static_cast<int64_t>(end), -1 - first));
  }
  return keys;
}

Status RecordLoad::StoreCategories(Transaction& transaction) {
  int64_t number = 0;
  for (const StoredCategory& category : categories_) {
    CARREL_TRY(Execute(transaction,
                       "INSERT INTO usage_categories (load, number, id, name, description) VALUES "
                       "(?, ?, ?, ?, ?)",
                       key_, number++, category.id, category.name, category.description));
  }
  return {};
}

Status RecordLoad::StoreTotals(Transaction& transaction, std::span<const int64_t> brought_items) {
  // In the order of the table's key: each row comes behind the one before.
  std::vector<std::pair<TotalKey, const Total*>> rows;
  rows.reserve(totals_.rows().size());
  for (const Total& total : totals_.rows()) {
    TotalKey key = total.key;
    if (key.item < 0) key.item = brought_items[static_cast<size_t>(-1 - key.item)];
    rows.emplace_back(key, &total);
  }
  std::ranges::sort(rows, {}, &std::pair<TotalKey, const Total*>::first);
  CARREL_ASSIGN_OR_RETURN(
      auto insert, transaction.Prepare("INSERT INTO usage_totals (load, asset_key, item_key, tier, "
                                       "records, quantity, amount, last_end) VALUES (?, ?, ?, ?, "
                                       "?, ?, ?, ?)"));
  for (const auto& [key, total] : rows) {
    store::BindAll(*insert, key_, key.asset, key.item, key.tier, total->records,
                   total->quantity.ToString(), total->amount.ToString(), total->last_end);
    CARREL_TRY(insert->Step());
    insert->Reset();
  }
  return {};
}

Result<std::vector<int64_t>> OtherLoads(Transaction& transaction, const UsageFile& file) {
  std::vector<int64_t> out;
  CARREL_ASSIGN_OR_RETURN(
      auto rows, Query(transaction, "SELECT key FROM usage_loads WHERE file_key = ? AND key <> ?",
                       file.key, file.load));
  while (true) {
    CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
    if (!found) return out;
    out.push_back(rows->Integer(0));
  }
}

Status RemoveLoad(Transaction& transaction, int64_t load) {
  if (load == 0) return {};
  CARREL_TRY(Execute(transaction, "DELETE FROM usage_records WHERE key > ? AND key < ?",
                     load * kRecordsInLoad, (load + 1) * kRecordsInLoad));
  for (const std::string_view table : {"usage_totals", "usage_categories"}) {
    CARREL_TRY(Execute(transaction, fmt::format("DELETE FROM {} WHERE load = ?", table), load));
  }
  CARREL_TRY(Execute(transaction, "DELETE FROM usage_loads WHERE key = ?", load));
  return {};
}

Status RemoveLoadInSteps(store::Database& database, int64_t load) {
  if (load == 0) return {};
  const auto last = database.Read([&](Transaction& transaction) -> Result<int64_t> {
    CARREL_ASSIGN_OR_RETURN(
        auto rows,
        Query(transaction, "SELECT MAX(key) FROM usage_records WHERE key > ? AND key < ?",
              load * kRecordsInLoad, (load + 1) * kRecordsInLoad));
    CARREL_TRY(rows->Step());
    return rows->Integer(0);
  });
  if (!last) return std::unexpected(last.error());
  for (int64_t from = load * kRecordsInLoad; from < *last; from += kRemovedAtOnce) {
    const auto remove = [&](Transaction& transaction) {
      return Execute(transaction, "DELETE FROM usage_records WHERE key > ? AND key <= ?", from,
                     std::min(*last, from + kRemovedAtOnce));
    };
    CARREL_TRY(database.Write(remove, store::Access::kWriteSoon));
  }
  return database.Write([&](Transaction& transaction) { return RemoveLoad(transaction, load); },
                        store::Access::kWriteSoon);
}

}  // namespace carrel::usage
