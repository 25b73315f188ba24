#include "runtime/usage/usage_lists.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "runtime/catalog/subscriptions.h"
#include "runtime/query/query.h"
#include "runtime/query/sql.h"
#include "runtime/usage/record_load.h"
#include "runtime/usage/usage_fields.h"

namespace carrel::usage {
namespace {

using catalog::ObjectSource;
using query::Field;
using query::FieldType;
using query::Nullable;
using store::TextColumn;
using store::Transaction;

std::string IsoOfMicros(int64_t micros) {
  return FormatIso(Timestamp(std::chrono::microseconds(micros)));
}

Json OptionalText(const store::Statement& row, int column) {
  return row.IsNull(column) ? Json() : Json(TextColumn(row, column));
}
Json OptionalTime(const store::Statement& row, int column) {
  return row.IsNull(column) ? Json() : Json(IsoOfMicros(row.Integer(column)));
}
// Numbers are texts in JSON, so that no reader rounds them.
Json OptionalNumber(const store::Statement& row, int column) {
  if (row.IsNull(column)) return {};
  return ToDecimal({row.Integer(column), row.Integer(column + 1)}).ToString();
}
// Two columns: id, name. null when there is none.
Json OptionalReference(const store::Statement& row, int column) {
  if (row.IsNull(column)) return {};
  return {{"id", TextColumn(row, column)}, {"name", TextColumn(row, column + 1)}};
}

// The columns of a record, by what they are read as.
enum RecordColumn : int {
  kFileId,
  kNumber,
  kRecordId,
  kNote,
  kState,
  kFileRecordState,
  kFileName,
  kCurrency,
  kEnvironment,
  kProductId,
  kProductName,
  kMarketplaceId,
  kMarketplaceName,
  kSchema,
  kItemId,
  kItemName,
  kMpn,
  kLocalId,
  kUnit,
  kAssetId,
  kExternalId,
  kExternalUid,
  kHubId,
  kHubName,
  kCategoryId,
  kCategoryName,
  kTier,
  kQuantity,
  kQuantityFraction,
  kAmount,
  kAmountFraction,
  kStart,
  kEnd,
  kParams,
  kErrors,
  kBillingId,
  kBillingNote,
  kClosedAt,
  kClosedBy,
  kSheetRow,
  kTiers,  // as catalog::ReadTiers reads them
};

constexpr std::string_view kRecordColumns =
    "f.id, r.key - r.load * 4294967296, r.record_id, r.note, r.state, f.record_state, f.name, "
    "f.currency, f.environment, p.id, p.name, m.id, m.name, f.usage_schema, i.id, i.name, i.mpn, "
    "i.local_id, i.unit, a.id, a.external_id, a.external_uid, h.id, h.name, g.id, g.name, r.tier, "
    "r.quantity, r.quantity_fraction, r.amount, "
    "r.amount_fraction, r.start_us, r.end_us, r.params, r.errors, r.billing_id, r.billing_note, "
    "r.closed_at, r.closed_by, r.sheet_row";

Json ReadAsset(const store::Statement& row) {
  if (row.IsNull(kAssetId)) return {};
  return {{"id", TextColumn(row, kAssetId)},
          {"external_id", TextColumn(row, kExternalId)},
          {"external_uid", TextColumn(row, kExternalUid)},
          {"tiers", catalog::ReadTiers(row, kTiers)}};
}

Json ReadItem(const store::Statement& row) {
  Json item = OptionalReference(row, kItemId);
  if (item.is_null()) return item;
  item["mpn"] = TextColumn(row, kMpn);
  item["local_id"] = TextColumn(row, kLocalId);
  item["unit"] = TextColumn(row, kUnit);
  return item;
}

Result<Json> ReadRecord(const store::Statement& row) {
  auto state = static_cast<RecordState>(row.Integer(kState));
  if (state == RecordState::kValidated) {
    state = static_cast<RecordState>(row.Integer(kFileRecordState));
  }
  Json file = OptionalReference(row, kFileId);
  file["name"] = TextColumn(row, kFileName);
  file["environment"] = TextColumn(row, kEnvironment);
  file["schema"] = TextColumn(row, kSchema);
  file["currency"] = row.Text(kCurrency).empty() ? Json() : Json(row.Text(kCurrency));
  Json out = {{"id", RecordId(row.Text(kFileId), row.Integer(kNumber))},
              {"record_id", TextColumn(row, kRecordId)},
              {"record_note", OptionalText(row, kNote)},
              {"status", ShownState(state)},
              {"usagefile", std::move(file)},
              {"product", OptionalReference(row, kProductId)},
              {"marketplace", OptionalReference(row, kMarketplaceId)},
              {"item", ReadItem(row)},
              {"asset", ReadAsset(row)},
              {"hub", OptionalReference(row, kHubId)},
              {"category", OptionalReference(row, kCategoryId)},
              {"tier", row.IsNull(kTier) ? Json() : Json(row.Integer(kTier))},
              {"usage", OptionalNumber(row, kQuantity)},
              {"amount", OptionalNumber(row, kAmount)},
              {"start_date", OptionalTime(row, kStart)},
              {"end_date", OptionalTime(row, kEnd)},
              {"external_billing_id", OptionalText(row, kBillingId)},
              {"external_billing_note", OptionalText(row, kBillingNote)},
              {"closed_at", OptionalTime(row, kClosedAt)},
              {"closed_by", OptionalText(row, kClosedBy)},
              {"row", row.Integer(kSheetRow)},
              {"params", Json::object()},
              {"errors", Json::array()}};
  if (!row.IsNull(kParams)) {
    CARREL_ASSIGN_OR_RETURN(out["params"], ParseJson(row.Text(kParams)));
  }
  if (!row.IsNull(kErrors)) {
    CARREL_ASSIGN_OR_RETURN(out["errors"], ParseJson(row.Text(kErrors)));
  }
  return out;
}

Result<Json> ReadFile(const store::Statement& row) {
  CARREL_ASSIGN_OR_RETURN(const UsageFile file, ReadFileRow(row));
  return ToJson(file);
}

constexpr std::array kChunkFields = {
    Field{"id", FieldType::kText, "k.id"},
    Field{"status", FieldType::kText, "k.status"},
    Field{"usagefile.id", FieldType::kText, "f.id"},
    Field{"product.id", FieldType::kText, "p.id"},
    Field{"hub.id", FieldType::kText, "h.id", Nullable::kYes},
    Field{"hub.name", FieldType::kText, "h.name", Nullable::kYes},
    Field{"records.all", FieldType::kInteger, "k.records"},
    Field{"records.closed", FieldType::kInteger, "k.records_closed"},
};
constexpr std::array<std::string_view, 2> kChunkExtras = {"note", "events"};
constexpr query::Schema kChunkSchema{"usage chunks", kChunkFields, kChunkExtras};

Result<Json> ReadChunk(const store::Statement& row) {
  CARREL_ASSIGN_OR_RETURN(Json events, ParseJson(row.Text(9)));
  return Json{{"id", TextColumn(row, 0)},
              {"status", TextColumn(row, 1)},
              {"note", TextColumn(row, 2)},
              {"usagefile", OptionalReference(row, 3)},
              {"hub", OptionalReference(row, 5)},
              {"records", {{"all", row.Integer(7)}, {"closed", row.Integer(8)}}},
              {"events", std::move(events)}};
}

ObjectSource ChunkSource() {
  return {kChunkSchema,
          "usage_chunks k JOIN usage_files f ON f.key = k.file_key "
          "JOIN accounts v ON v.key = f.vendor_key LEFT JOIN accounts d ON d.key = f.provider_key "
          "LEFT JOIN accounts s ON s.key = f.reseller_key "
          "JOIN products p ON p.key = f.product_key LEFT JOIN hubs h ON h.key = k.hub_key",
          "k.id, k.status, k.note, f.id, f.name, h.id, h.name, k.records, k.records_closed, "
          "k.events",
          "k.id", ReadChunk};
}

ObjectSource FileSource() {
  return {FileSchema(), std::string(FileTables()), std::string(FileColumns()), "f.key", ReadFile};
}
ObjectSource RecordSourceOf() {
  return {RecordSchema(), std::string(RecordTables()),
          fmt::format("{}, {}", kRecordColumns, catalog::kTierColumns), "r.key", ReadRecord};
}

// Sums of one asset, item and currency over the files that the account may see.
struct Aggregate {
  std::string asset, external_id, item, mpn, item_name, product, product_name, currency;
  DecimalSum accepted, consumed, amount;
  std::map<int64_t, DecimalSum> tiers;  // their amounts
  bool has_amount = false;              // of files without tiers
  int64_t last_reported = 0;
  int64_t last_load = 0;
};

constexpr std::array kAggregateFields = {
    Field{"asset.id", FieldType::kText, "a.id"},
    Field{"asset.external_id", FieldType::kText, "a.external_id"},
    Field{"item.id", FieldType::kText, "i.id"},
    Field{"item.mpn", FieldType::kText, "i.mpn"},
    Field{"item.name", FieldType::kText, "i.name"},
    Field{"product.id", FieldType::kText, "p.id"},
    Field{"environment", FieldType::kText, "f.environment"},
    Field{"currency", FieldType::kText, "NULLIF(f.currency, '')", Nullable::kYes},
};
constexpr std::array<std::string_view, 1> kAggregateExtras = {"tiers"};
constexpr query::Schema kAggregateSchema{"usage aggregates", kAggregateFields, kAggregateExtras};

Json ToJson(const Aggregate& sums) {
  Json tiers = Json::array();
  for (const auto& [tier, amount] : sums.tiers) {
    tiers.push_back({{"tier", tier}, {"amount", amount.ToString()}});
  }
  return {{"asset", {{"id", sums.asset}, {"external_id", sums.external_id}}},
          {"item", {{"id", sums.item}, {"mpn", sums.mpn}, {"name", sums.item_name}}},
          {"product", {{"id", sums.product}, {"name", sums.product_name}}},
          {"accepted", sums.accepted.ToString()},
          {"consumed", sums.consumed.ToString()},
          {"currency", sums.currency.empty() ? Json() : Json(sums.currency)},
          {"amount", sums.has_amount ? Json(sums.amount.ToString()) : Json()},
          {"tiers", std::move(tiers)},
          {"last_reported", IsoOfMicros(sums.last_reported)}};
}

// The columns behind an aggregate's texts.
enum TotalColumn : int {
  kSumOfUsage = 8,
  kSumOfAmount,
  kLastEnd,
  kStatusOfFile,
  kLoad,
  kTotalTier
};

// A quantity stands once in each tier of a file: that of the lowest counts, which comes first.
Status AddTo(Aggregate& sums, const store::Statement& row) {
  const auto quantity = Decimal::Parse(row.Text(kSumOfUsage));
  const auto amount = Decimal::Parse(row.Text(kSumOfAmount));
  if (!quantity || !amount) return Fail(Code::kInternal, "a stored total is no number");
  const std::string_view status = row.Text(kStatusOfFile);
  const bool is_accepted = status == "accepted" || status == "closed";
  if (row.Integer(kLoad) != sums.last_load) {
    sums.last_load = row.Integer(kLoad);
    sums.consumed.Add(*quantity);
    if (is_accepted) sums.accepted.Add(*quantity);
  }
  const int64_t tier = row.Integer(kTotalTier);
  sums.has_amount = sums.has_amount || tier == kNoTier;
  DecimalSum& amounts = tier == kNoTier ? sums.amount : sums.tiers[tier];
  if (is_accepted) amounts.Add(*amount);
  sums.last_reported = std::max(sums.last_reported, row.Integer(kLastEnd));
  return {};
}

// Rows come in groups; the window is over groups.
Result<JsonPage> SumGroups(store::Statement& rows, const query::Query& query) {
  JsonPage page{.objects = {}, .total = 0, .offset = query.offset};
  std::optional<Aggregate> sums;
  const auto finish = [&] {
    if (!sums) return;
    const int64_t place = page.total++;
    if (place < query.offset || place >= query.offset + query.limit) return;
    page.objects.push_back(ToJson(*sums));
    query::Hide(query, page.objects.back());
  };
  while (true) {
    CARREL_ASSIGN_OR_RETURN(const bool found, rows.Step());
    if (!found) break;
    if (!sums || sums->asset != rows.Text(0) || sums->item != rows.Text(2) ||
        sums->currency != rows.Text(7)) {
      finish();
      sums.emplace();
      std::string* texts[] = {&sums->asset,        &sums->external_id, &sums->item,
                              &sums->mpn,          &sums->item_name,   &sums->product,
                              &sums->product_name, &sums->currency};
      int column = 0;
      for (std::string* text : texts) *text = TextColumn(rows, column++);
    }
    CARREL_TRY(AddTo(*sums, rows));
  }
  finish();
  return page;
}

}  // namespace

Json ToJson(const UsageFile& file) {
  const auto reference = [](const std::optional<KeyedReference>& value) {
    return value ? catalog::ToJson(value->value) : Json();
  };
  const auto counted = [&](RecordState state) {
    const bool is_there = file.record_state == state;
    return is_there ? file.counts.valid - file.counts.closed : 0;
  };
  const bool is_accepted = file.record_state == RecordState::kAccepted;
  Json upload;
  if (!file.upload.stored.empty()) {
    upload = {
        {"name", file.upload.name}, {"size", file.upload.size}, {"sha256", file.upload.sha256}};
  }
  return {{"id", file.id},
          {"name", file.name},
          {"description", file.description},
          {"external_id", file.external_id},
          {"note", file.note},
          {"acceptance_note", file.acceptance_note},
          {"rejection_note", file.rejection_note},
          {"error_detail", file.error_detail},
          {"status", Name(file.status)},
          {"environment", file.environment},
          {"vendor", catalog::ToJson(file.vendor.value)},
          {"provider", reference(file.provider)},
          {"reseller", reference(file.reseller)},
          {"marketplace", catalog::ToJson(file.marketplace.value)},
          {"contract", reference(file.contract)},
          {"product", catalog::ToJson(file.product.value)},
          {"schema", file.schema},
          {"currency", file.currency.empty() ? Json() : Json(file.currency)},
          {"period", {{"from", FormatIso(file.period_from)}, {"to", FormatIso(file.period_to)}}},
          {"stats",
           {{"uploaded", file.counts.all},
            {"validated", file.counts.valid},
            {"pending", counted(RecordState::kPending)},
            {"accepted", is_accepted ? file.counts.valid : 0},
            {"closed", file.counts.closed},
            {"billed", file.counts.billed}}},
          {"records",
           {{"valid", file.counts.valid},
            {"invalid", file.counts.all - file.counts.valid},
            {"closed", file.counts.closed}}},
          {"upload", std::move(upload)},
          {"events", catalog::ToJson(file.events)}};
}

Result<JsonPage> ListFiles(store::Database& database, const catalog::Account& account,
                           std::string_view query) {
  return catalog::ListObjects(database, FileSource(), VisibleScope(account), query);
}

Result<JsonPage> ListRecords(store::Database& database, const catalog::Account& account,
                             std::string_view query) {
  return catalog::ListObjects(database, RecordSourceOf(), VisibleScope(account), query);
}

Result<JsonPage> ListChunks(store::Database& database, const catalog::Account& account,
                            std::string_view query) {
  return catalog::ListObjects(database, ChunkSource(), VisibleScope(account), query);
}

Result<Json> GetChunk(store::Database& database, const catalog::Account& account,
                      std::string_view id) {
  CARREL_ASSIGN_OR_RETURN(Json found, catalog::FindObject(database, ChunkSource(),
                                                          VisibleScope(account), "k.id = ?", id));
  if (found.is_null()) {
    return Fail(Code::kNotFound, fmt::format("usage chunk {} does not exist", id));
  }
  return found;
}

Status ForEachRecord(store::Database& database, const catalog::Account& account,
                     std::string_view text, const std::function<Status(const Json&)>& visit) {
  const ObjectSource source = RecordSourceOf();
  CARREL_ASSIGN_OR_RETURN(const query::Query query, query::Compile(text, source.schema));
  return database.Read([&](Transaction& transaction) -> Status {
    CARREL_ASSIGN_OR_RETURN(
        auto rows,
        catalog::Select(
            transaction, source, VisibleScope(account), query, source.columns,
            fmt::format("ORDER BY {}", query::OrderSql(query, source.schema, source.last))));
    while (true) {
      CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
      if (!found) return {};
      CARREL_ASSIGN_OR_RETURN(const Json record, source.read(*rows));
      CARREL_TRY(visit(record));
    }
  });
}

Result<JsonPage> ListAggregates(store::Database& database, const catalog::Account& account,
                                std::string_view text) {
  CARREL_ASSIGN_OR_RETURN(const query::Query query, query::Compile(text, kAggregateSchema));
  if (!query.ordering.empty()) {
    return Fail(Code::kInvalid, "query: usage aggregates are ordered by asset, item and currency");
  }
  const ObjectSource source{
      kAggregateSchema,
      "usage_totals t JOIN assets a ON a.key = t.asset_key JOIN items i ON i.key = t.item_key "
      "JOIN usage_files f ON f.load = t.load AND f.status IN ('pending', 'accepted', 'closed') "
      "JOIN accounts v ON v.key = f.vendor_key LEFT JOIN accounts d ON d.key = f.provider_key "
      "LEFT JOIN accounts s ON s.key = f.reseller_key JOIN products p ON p.key = f.product_key",
      "a.id, a.external_id, i.id, i.mpn, i.name, p.id, p.name, f.currency, t.quantity, t.amount, "
      "t.last_end, f.status, t.load, t.tier",
      "", nullptr};
  return database.Read([&](Transaction& transaction) -> Result<JsonPage> {
    CARREL_ASSIGN_OR_RETURN(
        auto rows,
        catalog::Select(transaction, source, VisibleScope(account), query, source.columns,
                        "ORDER BY a.id, i.id, f.currency, f.key, t.tier"));
    return SumGroups(*rows, query);
  });
}

Result<Json> GetRecord(store::Database& database, const catalog::Account& account,
                       std::string_view id) {
  CARREL_ASSIGN_OR_RETURN(const RecordName name, ParseRecordId(id));
  const auto missing = [&] {
    return Fail(Code::kNotFound, fmt::format("usage record {} does not exist", id));
  };
  return database.Read([&](Transaction& transaction) -> Result<Json> {
    const auto file = LoadVisible(transaction, account, name.file_id);
    if (!file && file.error().code == Code::kNotFound) return missing();
    CARREL_TRY(file);
    CARREL_ASSIGN_OR_RETURN(
        auto row, store::Query(transaction,
                               fmt::format("SELECT {}, {} FROM {} WHERE r.key = ?", kRecordColumns,
                                           catalog::kTierColumns, RecordTables()),
                               file->load * kRecordsInLoad + name.number));
    CARREL_ASSIGN_OR_RETURN(const bool found, row->Step());
    if (!found) return missing();
    return ReadRecord(*row);
  });
}

Result<std::vector<Json>> Categories(store::Database& database, const catalog::Account& account,
                                     std::string_view file_id) {
  return database.Read([&](Transaction& transaction) -> Result<std::vector<Json>> {
    CARREL_ASSIGN_OR_RETURN(const UsageFile file, LoadVisible(transaction, account, file_id));
    CARREL_ASSIGN_OR_RETURN(auto rows, store::Query(transaction,
                                                    "SELECT id, name, description FROM "
                                                    "usage_categories WHERE load = ? ORDER BY "
                                                    "number",
                                                    file.load));
    std::vector<Json> out;
    while (true) {
      CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
      if (!found) return out;
      out.push_back({{"id", TextColumn(*rows, 0)},
                     {"name", TextColumn(*rows, 1)},
                     {"description", TextColumn(*rows, 2)}});
    }
  });
}

}  // namespace carrel::usage
