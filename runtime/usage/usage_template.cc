#include "runtime/usage/usage_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <utility>

#include "runtime/base/json.h"
#include "runtime/query/value.h"
#include "runtime/usage/sheet_source.h"

namespace carrel::usage {
namespace {

using store::Transaction;

// What each column takes, in the order of Column.
constexpr std::array<std::string_view, kColumns> kTakes = {
    "text of your own; no other record of the file has it, nor any of another file of the product",
    "item.mpn, item.global_id or item.local_id: what item_search_value names",
    "the item",
    "a number from 0, with no more decimals than the item's precision has",
    "2026-01-31 23:59:59, 2026-01-31T23:59:59Z, 2026-01-31, or a date cell; UTC",
    "as start_time_utc, and not before it",
    "asset.id or parameter.<id>: what asset_search_value names",
    "the asset; exactly one must fit",
    "the total before tax in the currency of the file; may be negative",
    "0 customer, 1 and 2 the resellers above",
    "a category_id of the tab categories",
    "name of an item that the catalogue does not have yet",
    "unit of such an item",
    "mpn of such an item; the same as item_search_value",
    "precision of such an item: integer, decimal(1), decimal(2), decimal(4) or decimal(8)",
    "text",
    "text",
};
constexpr std::string_view kCustomTakes = "text of at most 255 characters";

bool IsOfNewItems(Column column) {
  return column == Column::kItemName || column == Column::kItemUnit || column == Column::kItemMpn ||
         column == Column::kItemPrecision;
}

bool Fits(Column column, const catalog::Product& product, UsageSchema schema) {
  if (column == Column::kAmount || column == Column::kTier) return IsRequired(column, schema);
  return product.dynamic || !IsOfNewItems(column);
}

struct ExampleAsset {
  std::string id;  // empty: there is none
  std::set<std::string> parameters;
};

Result<ExampleAsset> FindAsset(Transaction& transaction, const catalog::Product& product) {
  CARREL_ASSIGN_OR_RETURN(
      auto rows, store::Query(transaction,
                              "SELECT id, environment, status, parameters FROM assets WHERE "
                              "product_key = ? ORDER BY key",
                              product.key));
  ExampleAsset out;
  int best = -1;
  while (true) {
    CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
    if (!found) return out;
    const int score = (rows->Text(1) == "production" ? 2 : 0) + (rows->Text(2) == "active" ? 1 : 0);
    if (score > best) {
      best = score;
      out.id = rows->Text(0);
    }
    CARREL_ASSIGN_OR_RETURN(const Json parameters, ParseJson(rows->Text(3)));
    for (const auto& [name, value] : parameters.items()) out.parameters.insert(name);
  }
}

// "2026-11-01 00:00:00" and "2026-11-30 23:59:59".
std::pair<std::string, std::string> MonthOf(Timestamp now) {
  using std::chrono::sys_days;
  const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(now));
  const auto month = today.year() / today.month();
  const sys_days first = month / 1;
  const sys_days last = month / std::chrono::last;
  return {FormatPlain(first), FormatPlain(last + std::chrono::days(1) - std::chrono::seconds(1))};
}

struct Example {
  const catalog::Item& item;
  const std::string& asset;
  Timestamp now;
};

std::string ExampleOf(Column column, const Example& example) {
  const auto [first, last] = MonthOf(example.now);
  const bool has_mpn = !example.item.mpn.empty();
  switch (column) {
    case Column::kRecordId:
      return fmt::format("{}-0001", first.substr(0, 7));
    case Column::kItemCriteria:
      return has_mpn ? "item.mpn" : "item.global_id";
    case Column::kItemValue:
      return has_mpn ? example.item.mpn : example.item.id;
    case Column::kStart:
      return first;
    case Column::kEnd:
      return last;
    case Column::kAssetCriteria:
      return "asset.id";
    case Column::kAssetValue:
      return example.asset;
    case Column::kQuantity:
    case Column::kAmount:
    case Column::kTier:
      return "0";
    default:
      return "";
  }
}

}  // namespace

Result<UsageTemplate> MakeTemplate(Transaction& transaction, const catalog::Product& product,
                                   Timestamp now) {
  if (product.schema.empty()) {
    return Fail(Code::kInvalid, fmt::format("product {} takes no usage", product.product.id));
  }
  const UsageSchema schema = SchemaNamed(query::FoldCase(product.schema));
  CARREL_ASSIGN_OR_RETURN(const auto items, catalog::LoadItems(transaction, product.key));
  const auto item = std::ranges::find_if(
      items, [&](const auto& known) { return known.type == "ppu" || product.consumption; });
  CARREL_ASSIGN_OR_RETURN(const ExampleAsset asset, FindAsset(transaction, product));
  UsageTemplate out{.product = product, .columns = {}, .asset_criteria = {"asset.id"}};
  for (const std::string& name : asset.parameters) {
    out.asset_criteria.push_back("parameter." + name);
  }
  if (item == items.end()) {
    out.no_example = "the catalogue has no item of the product that usage can be reported for";
  } else if (asset.id.empty()) {
    out.no_example = "the catalogue has no asset of the product";
  }
  const bool has_example = out.no_example.empty();
  for (const ColumnRow& row : UsageColumns()) {
    if (!Fits(row.column, product, schema)) continue;
    out.columns.push_back({row.column, std::string(row.name), IsRequired(row.column, schema),
                           kTakes[static_cast<size_t>(row.column)],
                           has_example ? ExampleOf(row.column, {*item, asset.id, now}) : ""});
  }
  for (const std::string& name : product.required_custom_fields) {
    out.columns.push_back({std::nullopt, name, true, kCustomTakes, has_example ? "example" : ""});
  }
  return out;
}

}  // namespace carrel::usage
