#include "runtime/usage/record_load.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace carrel::usage {
namespace {

using store::Execute;
using store::Query;
using store::Transaction;

constexpr int64_t kMostRecords = 99'999'999;  // what the ids have room for
constexpr int64_t kProgressEvery = 5'000;
constexpr int kFractionDigits = 18;
constexpr int64_t kFractions = 1'000'000'000'000'000'000;
// A record id that another file of the product has already.
constexpr std::string_view kTakenCode = "USG_003";

enum Place : int {
  kKey = 1,
  kLoad,
  kRecordId,
  kState,
  kSheetRow,
  kItem,
  kAsset,
  kCategory,
  kTier,
  kQuantity,
  kQuantityFraction,
  kAmount,
  kAmountFraction,
  kStart,
  kEnd,
  kNote,
  kParams,
  kErrors,
};

void BindOptional(store::Statement& statement, int index, const auto& value) {
  value ? statement.BindInteger(index, static_cast<int64_t>(*value)) : statement.BindNull(index);
}

void BindText(store::Statement& statement, int index, std::string_view text) {
  text.empty() ? statement.BindNull(index) : statement.BindText(index, text);
}

// Into two columns.
Status BindNumber(store::Statement& statement, int index, const std::optional<Decimal>& value) {
  if (!value) {
    statement.BindNull(index);
    statement.BindNull(index + 1);
    return {};
  }
  CARREL_ASSIGN_OR_RETURN(const query::Number number, ToNumber(*value));
  statement.BindInteger(index, number.whole);
  statement.BindInteger(index + 1, number.fraction);
  return {};
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

Result<RecordLoad> RecordLoad::Begin(Transaction& transaction, const UsageFile& file,
                                     LoadProgress progress) {
  RecordLoad load(transaction, file, std::move(progress));
  CARREL_TRY(load.Prepare());
  return load;
}

Status RecordLoad::Prepare() {
  CARREL_ASSIGN_OR_RETURN(auto load, Query(transaction_,
                                           "INSERT INTO usage_loads (file_key, first_record_id, "
                                           "last_record_id) VALUES (?, '', '') RETURNING key",
                                           file_.key));
  CARREL_TRY(load->Step());
  key_ = load->Integer(0);
  CARREL_TRY(load->Step());
  CARREL_ASSIGN_OR_RETURN(
      insert_,
      transaction_.Prepare(
          "INSERT INTO usage_records (key, load, record_id, state, sheet_row, item_key, asset_key, "
          "category, tier, quantity, quantity_fraction, amount, amount_fraction, start_us, end_us, "
          "note, params, errors) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  CARREL_ASSIGN_OR_RETURN(category_,
                          transaction_.Prepare("INSERT INTO usage_categories (load, number, id, "
                                               "name, description) VALUES (?, ?, ?, ?, ?)"));
  return {};
}

Status RecordLoad::OnCategory(const StoredCategory& category) {
  category_->BindInteger(1, key_);
  category_->BindInteger(2, categories_++);
  category_->BindText(3, category.id);
  category_->BindText(4, category.name);
  category_->BindText(5, category.description);
  CARREL_TRY(category_->Step());
  category_->Reset();
  return {};
}

Status RecordLoad::OnRecord(const SourceRecord& record) {
  if (++counts_.all > kMostRecords) {
    return Fail(Code::kLimit, fmt::format("more than {} records", kMostRecords));
  }
  const bool is_valid = record.errors.empty();
  const RecordState state = is_valid ? RecordState::kValidated : RecordState::kInvalid;
  store::Statement& insert = *insert_;
  insert.BindInteger(kKey, key_ * kRecordsInLoad + counts_.all);
  insert.BindInteger(kLoad, key_);
  insert.BindText(kRecordId, record.record_id);
  insert.BindInteger(kState, static_cast<int64_t>(state));
  insert.BindInteger(kSheetRow, record.sheet_row);
  BindOptional(insert, kItem, record.item_key);
  BindOptional(insert, kAsset, record.asset_key);
  BindOptional(insert, kCategory, record.category);
  BindOptional(insert, kTier, record.tier);
  CARREL_TRY(BindNumber(insert, kQuantity, record.quantity));
  CARREL_TRY(BindNumber(insert, kAmount, record.amount));
  BindOptional(insert, kStart, record.start_us);
  BindOptional(insert, kEnd, record.end_us);
  BindText(insert, kNote, record.note);
  BindText(insert, kParams, record.params);
  if (is_valid) {
    insert.BindNull(kErrors);
  } else {
    Json errors = Json::array();
    for (const StoredError& error : record.errors) errors.push_back(ToJson(error));
    insert.BindText(kErrors, DumpJson(errors));
  }
  CARREL_TRY(insert.Step());
  insert.Reset();
  if (progress_ && counts_.all % kProgressEvery == 0) progress_(counts_.all);
  if (counts_.all == 1 || record.record_id < first_id_) first_id_ = record.record_id;
  if (record.record_id > last_id_) last_id_ = record.record_id;
  if (!is_valid) return {};
  ++counts_.valid;
  Total& total = totals_[{record.asset_key.value_or(0), record.item_key.value_or(0)}];
  ++total.records;
  total.quantity.Add(record.quantity.value_or(Decimal()));
  total.amount.Add(record.amount.value_or(Decimal()));
  total.last_end = std::max(total.last_end, record.end_us.value_or(0));
  return {};
}

Result<bool> RecordLoad::AreAllValid() {
  if (!is_checked_) CARREL_TRY(CheckOtherLoads());
  is_checked_ = true;
  return counts_.valid == counts_.all;
}

Status RecordLoad::ReplaceItem(int64_t from, std::optional<int64_t> to) {
  CARREL_ASSIGN_OR_RETURN(
      auto update, Query(transaction_,
                         "UPDATE usage_records SET item_key = ? WHERE key > ? AND key < ? AND "
                         "item_key = ?",
                         nullptr, key_ * kRecordsInLoad, (key_ + 1) * kRecordsInLoad, from));
  if (to) update->BindInteger(1, *to);
  CARREL_TRY(update->Step());
  std::map<std::pair<int64_t, int64_t>, Total> totals;
  for (auto& [pair, total] : totals_) {
    totals[{pair.first, pair.second == from ? to.value_or(0) : pair.second}] = std::move(total);
  }
  totals_ = std::move(totals);
  return {};
}

Status RecordLoad::Finish() {
  CARREL_TRY(Execute(transaction_,
                     "UPDATE usage_loads SET first_record_id = ?, last_record_id = ? WHERE key = ?",
                     first_id_, last_id_, key_));
  CARREL_ASSIGN_OR_RETURN(const bool all_valid, AreAllValid());
  return all_valid ? StoreTotals() : Status();
}

// Only loads whose ids can be among these are asked; files of other months hardly ever are.
Status RecordLoad::CheckOtherLoads() {
  std::vector<std::pair<int64_t, std::string>> others;
  {
    CARREL_ASSIGN_OR_RETURN(
        auto rows,
        Query(transaction_,
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
  for (const auto& [load, id] : others) CARREL_TRY(RefuseTaken(load, id));
  return {};
}

Status RecordLoad::RefuseTaken(int64_t other_load, std::string_view other_file) {
  struct Taken {
    int64_t key;
    std::string record_id, errors;
  };
  std::vector<Taken> taken;
  {
    CARREL_ASSIGN_OR_RETURN(
        auto rows,
        Query(transaction_,
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
    CARREL_TRY(Execute(transaction_, "UPDATE usage_records SET state = ?, errors = ? WHERE key = ?",
                       static_cast<int64_t>(RecordState::kInvalid), DumpJson(errors), record.key));
    if (was_valid) --counts_.valid;
  }
  return {};
}

Status RecordLoad::StoreTotals() {
  for (const auto& [pair, total] : totals_) {
    CARREL_TRY(Execute(transaction_,
                       "INSERT INTO usage_totals (load, asset_key, item_key, records, quantity, "
                       "amount, last_end) VALUES (?, ?, ?, ?, ?, ?, ?)",
                       key_, pair.first, pair.second, total.records, total.quantity.ToString(),
                       total.amount.ToString(), total.last_end));
  }
  return {};
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

}  // namespace carrel::usage
