#include "runtime/usage/distributor_file.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <vector>

#include "runtime/base/json.h"
#include "runtime/usage/columns.h"
#include "runtime/usage/record_load.h"
#include "runtime/usage/record_state.h"
#include "runtime/usage/usage_tabs.h"

namespace carrel::usage {
namespace {

using render::TextCell;
using render::WorkbookCell;
using store::Query;
using store::Transaction;

constexpr std::string_view kAssetReconId = "asset_recon_id";

// What the query below gives, by place.
enum Place : int {
  kNumber,
  kRecordId,
  kNote,
  kState,
  kItemId,
  kItemName,
  kItemMpn,
  kItemType,
  kItemUnit,
  kItemPeriod,
  kAssetId,
  kExternalId,
  kCustomerId,
  kCustomerName,
  kCategory,
  kTier,
  kQuantity,
  kQuantityFraction,
  kAmount,
  kAmountFraction,
  kStart,
  kEnd,
  kParams,
  kBillingId,
  kBillingNote,
};
constexpr std::string_view kColumns =
    "r.key - r.load * 4294967296, r.record_id, r.note, r.state, i.id, i.name, i.mpn, i.item_type, "
    "i.unit, i.period, a.id, a.external_id, a.customer_id, a.customer_name, g.id, r.tier, "
    "r.quantity, r.quantity_fraction, r.amount, r.amount_fraction, r.start_us, r.end_us, r.params, "
    "r.billing_id, r.billing_note";

// One record as the cells of its row see it.
struct ShownRecord {
  const UsageFile& file;
  const store::Statement& row;
  const Json& params;
  const GeneratedBook::Looks& looks;
  TextArena& arena;
};

WorkbookCell TextOf(const ShownRecord& record, std::string_view text) {
  if (text.empty()) return {};
  return {TextCell(SheetText(text, record.arena)), record.looks.text};
}

template <int column>
WorkbookCell Text(const ShownRecord& record) {
  return TextOf(record, record.row.Text(column));
}

template <int column>
WorkbookCell Number(const ShownRecord& record) {
  if (record.row.IsNull(column)) return {};
  return NumberCell(ToDecimal({record.row.Integer(column), record.row.Integer(column + 1)}),
                    record.arena);
}

template <int column>
WorkbookCell Time(const ShownRecord& record) {
  if (record.row.IsNull(column)) return {};
  return {render::DateTimeCell(record.row.Integer(column)), record.looks.time};
}

WorkbookCell RecordIdCell(const ShownRecord& record) {
  const std::string id = RecordId(record.file.id, record.row.Integer(kNumber));
  return TextOf(record, record.arena.Copy(id));
}

WorkbookCell StatusCell(const ShownRecord& record) {
  auto state = static_cast<RecordState>(record.row.Integer(kState));
  if (state == RecordState::kValidated) state = record.file.record_state;
  return TextOf(record, ShownState(state));
}

WorkbookCell TierCell(const ShownRecord& record) {
  if (record.row.IsNull(kTier)) return {};
  return {render::IntegerCell(record.row.Integer(kTier))};
}

WorkbookCell ParameterCell(const ShownRecord& record, std::string_view name) {
  const auto found = record.params.find(name);
  if (found == record.params.end()) return {};
  return TextOf(record, record.arena.Copy(found->get_ref<const std::string&>()));
}

// When a column is part of the file.
enum class Needed : uint8_t { kAlways, kWithAmounts, kWithTiers, kWithBilling };

struct FileColumn {
  std::string_view title;
  double width;
  WorkbookCell (*cell)(const ShownRecord& record);
  Needed needed = Needed::kAlways;
};
// Searches are given as what they found.
constexpr std::array kFileColumns = {
    FileColumn{"id", 28, RecordIdCell},
    FileColumn{"record_id", 24, Text<kRecordId>},
    FileColumn{"record_note", 24, Text<kNote>},
    FileColumn{"item_search_criteria", 16,
               [](const ShownRecord& record) { return TextOf(record, "item.global_id"); }},
    FileColumn{"item_search_value", 24, Text<kItemId>},
    FileColumn{"item_name", 24, Text<kItemName>},
    FileColumn{"item_mpn", 20, Text<kItemMpn>},
    FileColumn{"item_type", 12, Text<kItemType>},
    FileColumn{"item_unit", 12, Text<kItemUnit>},
    FileColumn{"item_period", 12, Text<kItemPeriod>},
    FileColumn{"quantity", 16, Number<kQuantity>},
    FileColumn{"amount", 16, Number<kAmount>, Needed::kWithAmounts},
    FileColumn{"tier", 8, TierCell, Needed::kWithTiers},
    FileColumn{"start_time_utc", 20, Time<kStart>},
    FileColumn{"end_time_utc", 20, Time<kEnd>},
    FileColumn{"asset_search_criteria", 16,
               [](const ShownRecord& record) { return TextOf(record, "asset.id"); }},
    FileColumn{"asset_search_value", 22, Text<kAssetId>},
    FileColumn{"asset_id", 22, Text<kAssetId>},
    FileColumn{"asset_external_id", 20, Text<kExternalId>},
    FileColumn{kAssetReconId, 20,
               [](const ShownRecord& record) { return ParameterCell(record, kAssetReconId); }},
    FileColumn{"customer_account_id", 20, Text<kCustomerId>},
    FileColumn{"customer_company_name", 28, Text<kCustomerName>},
    FileColumn{"category_id", 16, Text<kCategory>},
    FileColumn{"status", 12, StatusCell},
    FileColumn{"external_billing_id", 24, Text<kBillingId>, Needed::kWithBilling},
    FileColumn{"external_billing_note", 32, Text<kBillingNote>, Needed::kWithBilling},
};

bool IsPart(Needed needed, const DistributorRequest& request) {
  switch (needed) {
    case Needed::kWithAmounts:
      return request.file.schema != "qt";
    case Needed::kWithTiers:
      return request.file.schema == "tr";
    case Needed::kWithBilling:
      return request.billing == BillingColumns::kYes;
    case Needed::kAlways:
      break;
  }
  return true;
}

int64_t FirstKey(const UsageFile& file) { return file.load * kRecordsInLoad; }
int64_t LastKey(const UsageFile& file) { return (file.load + 1) * kRecordsInLoad; }

// Of the totals `t`, which know the hub of the file's acceptance.
std::string HubCondition(const std::optional<HubChunk>& chunk) {
  if (!chunk) return "";
  return chunk->hub_key ? fmt::format(" AND t.hub_key = {}", *chunk->hub_key)
                        : std::string(" AND t.hub_key IS NULL");
}

// Of the records `r` that these totals count.
std::string ChunkCondition(const std::optional<HubChunk>& chunk) {
  if (!chunk) return "";
  return fmt::format(
      " AND EXISTS (SELECT 1 FROM usage_totals t WHERE t.load = r.load AND t.asset_key = "
      "r.asset_key AND t.item_key = r.item_key{})",
      HubCondition(chunk));
}

Result<Json> ParamsOf(const store::Statement& row, int column) {
  if (row.IsNull(column)) return Json(Json::object());
  return ParseJson(row.Text(column));
}

// The custom columns that any record of the file has, in the order of their names.
Result<std::vector<std::string>> CustomColumns(Transaction& transaction, const UsageFile& file) {
  CARREL_ASSIGN_OR_RETURN(
      auto rows, Query(transaction,
                       "SELECT params FROM usage_records WHERE key > ? AND key < ? AND params IS "
                       "NOT NULL ORDER BY key",
                       FirstKey(file), LastKey(file)));
  std::set<std::string> names;
  while (true) {
    CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
    if (!found) break;
    CARREL_ASSIGN_OR_RETURN(const Json params, ParamsOf(*rows, 0));
    for (const auto& [name, value] : params.items()) {
      if (name != kAssetReconId) names.insert(name);
    }
  }
  return std::vector<std::string>(names.begin(), names.end());
}

class RecordsTab {
 public:
  RecordsTab(const DistributorRequest& request, GeneratedBook& book)
      : request_(request), book_(book) {}

  Status Write(Transaction& transaction) {
    CARREL_ASSIGN_OR_RETURN(custom_, CustomColumns(transaction, request_.file));
    CARREL_TRY(WriteHeader());
    CARREL_ASSIGN_OR_RETURN(
        auto rows,
        Query(transaction,
              fmt::format("SELECT {} FROM usage_records r LEFT JOIN items i ON i.key = r.item_key "
                          "LEFT JOIN assets a ON a.key = r.asset_key LEFT JOIN usage_categories g "
                          "ON g.load = r.load AND g.number = r.category WHERE r.key > ? AND r.key "
                          "< ?{} ORDER BY r.key",
                          kColumns, ChunkCondition(request_.chunk)),
              FirstKey(request_.file), LastKey(request_.file)));
    while (true) {
      CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
      if (!found) return book_.sheets().EndSheet();
      CARREL_TRY(WriteRecord(*rows));
    }
  }

 private:
  Status WriteHeader() {
    std::vector<std::string> titles;
    render::SheetOptions options{
        .name = std::string(kRecordsTab), .freeze_rows = 1, .filter = render::Filter::kAutoFilter};
    for (const FileColumn& column : kFileColumns) {
      if (!IsPart(column.needed, request_)) continue;
      columns_.push_back(&column);
      titles.emplace_back(column.title);
      // What is typed into it is a text: ids of bills begin with zeros.
      const bool is_typed = column.needed == Needed::kWithBilling;
      options.columns.push_back({column.width, is_typed ? book_.looks().text : 0});
    }
    for (const std::string& name : custom_) {
      titles.push_back(name);
      options.columns.push_back({20, 0});
    }
    CARREL_TRY(book_.sheets().BeginSheet(std::move(options)));
    return book_.WriteTitles(titles);
  }

  Status WriteRecord(const store::Statement& row) {
    arena_.Clear();
    cells_.clear();
    CARREL_ASSIGN_OR_RETURN(const Json params, ParamsOf(row, kParams));
    const ShownRecord record{request_.file, row, params, book_.looks(), arena_};
    for (const FileColumn* column : columns_) cells_.push_back(column->cell(record));
    for (const std::string& name : custom_) cells_.push_back(ParameterCell(record, name));
    return book_.sheets().WriteRow(cells_);
  }

  const DistributorRequest& request_;
  GeneratedBook& book_;
  std::vector<const FileColumn*> columns_;
  std::vector<std::string> custom_;
  // Of the row under way.
  std::vector<WorkbookCell> cells_;
  TextArena arena_;
};

// What one item adds up to, in each tier for itself: tiers repeat a quantity and price it.
struct ItemSums {
  std::string id, mpn, name, unit;
  int64_t tier = kNoTier;
  int64_t records = 0;
  DecimalSum quantity, amount;
};

Result<std::vector<ItemSums>> SumItems(Transaction& transaction,
                                       const DistributorRequest& request) {
  CARREL_ASSIGN_OR_RETURN(
      auto rows,
      Query(transaction,
            fmt::format("SELECT i.id, i.mpn, i.name, i.unit, t.records, t.quantity, t.amount, "
                        "t.tier FROM usage_totals t JOIN items i ON i.key = t.item_key WHERE "
                        "t.load = ?{} ORDER BY i.id, t.tier, t.asset_key",
                        HubCondition(request.chunk)),
            request.file.load));
  std::vector<ItemSums> out;
  while (true) {
    CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
    if (!found) return out;
    const int64_t tier = rows->Integer(7);
    if (out.empty() || out.back().id != rows->Text(0) || out.back().tier != tier) {
      ItemSums& fresh = out.emplace_back();
      fresh.id = rows->Text(0);
      fresh.mpn = rows->Text(1);
      fresh.name = rows->Text(2);
      fresh.unit = rows->Text(3);
      fresh.tier = tier;
    }
    const auto quantity = Decimal::Parse(rows->Text(5));
    const auto amount = Decimal::Parse(rows->Text(6));
    if (!quantity || !amount) return Fail(Code::kInternal, "a stored total is no number");
    out.back().records += rows->Integer(4);
    out.back().quantity.Add(*quantity);
    out.back().amount.Add(*amount);
  }
}

WorkbookCell SumCell(const DecimalSum& sum, TextArena& arena) {
  if (const auto total = sum.Total()) return NumberCell(*total, arena);
  return {TextCell(arena.Copy(sum.ToString()))};
}

Status WriteSummary(Transaction& transaction, const DistributorRequest& request,
                    GeneratedBook& book) {
  CARREL_ASSIGN_OR_RETURN(const std::vector<ItemSums> items, SumItems(transaction, request));
  const bool has_amounts = IsPart(Needed::kWithAmounts, request);
  const bool has_tiers = IsPart(Needed::kWithTiers, request);
  const render::SheetColumn wide{24, 0};
  CARREL_TRY(book.sheets().BeginSheet({.name = "summary",
                                       .columns = {wide, wide, wide, wide, wide, wide, wide, wide},
                                       .freeze_rows = 1}));
  std::vector<std::string> titles = {"item_id",   "item_mpn", "item_name",
                                     "item_unit", "records",  "quantity"};
  if (has_amounts) titles.emplace_back("amount");
  if (has_tiers) titles.emplace_back("tier");
  CARREL_TRY(book.WriteTitles(titles));
  for (const ItemSums& item : items) {
    TextArena arena;
    std::vector<WorkbookCell> cells;
    for (const std::string* text : {&item.id, &item.mpn, &item.name, &item.unit}) {
      cells.push_back({TextCell(SheetText(*text, arena)), book.looks().text});
    }
    cells.push_back({render::IntegerCell(item.records)});
    cells.push_back(SumCell(item.quantity, arena));
    if (has_amounts) cells.push_back(SumCell(item.amount, arena));
    if (has_tiers) cells.push_back({render::IntegerCell(item.tier)});
    CARREL_TRY(book.sheets().WriteRow(cells));
  }
  return book.sheets().EndSheet();
}

}  // namespace

Status WriteDistributorFile(Transaction& transaction, const DistributorRequest& request,
                            GeneratedBook& book) {
  Facts facts = GeneralFacts(request.file);
  if (request.chunk) {
    facts.insert(facts.begin(), {{"chunk_id", request.chunk->id},
                                 {"hub_id", request.chunk->hub_id},
                                 {"hub_name", request.chunk->hub_name}});
  }
  CARREL_TRY(book.WriteFacts("general", facts));
  CARREL_TRY(book.WriteCategories(transaction, request.file.load));
  CARREL_TRY(RecordsTab(request, book).Write(transaction));
  CARREL_TRY(WriteSummary(transaction, request, book));
  return book.Finish();
}

}  // namespace carrel::usage
