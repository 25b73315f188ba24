#include "runtime/catalog/products.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "runtime/base/json.h"

namespace carrel::catalog {
namespace {

using store::Execute;
using store::Query;
using store::TextColumn;
using store::Transaction;

constexpr int64_t kMostItems = 9'999;  // what the ids have room for

std::unexpected<Error> NoSuch(std::string_view what, std::string_view id) {
  return Fail(Code::kNotFound, fmt::format("{} {} does not exist", what, id));
}

Reference ReadReference(const store::Statement& row, int column) {
  return {TextColumn(row, column), TextColumn(row, column + 1)};
}

std::optional<Reference> ReadOptional(const store::Statement& row, int column) {
  if (row.IsNull(column)) return std::nullopt;
  return ReadReference(row, column);
}

// Hands out the numbers of ids PRD-...-NNNN that no item of the product has: those behind the last
// one, then the holes.
class FreeNumbers {
 public:
  static Result<FreeNumbers> Load(Transaction& transaction, const Product& product) {
    FreeNumbers numbers;
    CARREL_ASSIGN_OR_RETURN(
        auto rows, Query(transaction, "SELECT id FROM items WHERE product_key = ?", product.key));
    while (true) {
      CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
      if (!found) return numbers;
      const std::string_view id = rows->Text(0);
      int64_t number = 0;
      std::from_chars(id.data() + id.rfind('-') + 1, id.data() + id.size(), number);
      numbers.taken_.insert(number);
      numbers.next_ = std::max(numbers.next_, number + 1);
    }
  }

  // Nothing when all are taken.
  std::optional<int64_t> Take() {
    if (next_ > kMostItems && !std::exchange(is_in_holes_, true)) next_ = 1;
    while (is_in_holes_ && next_ <= kMostItems && taken_.contains(next_)) ++next_;
    if (next_ > kMostItems) return std::nullopt;
    taken_.insert(next_);
    return next_++;
  }

 private:
  std::set<int64_t> taken_;
  int64_t next_ = 1;
  bool is_in_holes_ = false;
};

Status ChangeItem(Transaction& transaction, int64_t key, const Item& item) {
  CARREL_TRY(Execute(transaction,
                     "UPDATE items SET name = ?, unit = ?, quantity_precision = ? WHERE key = ?",
                     item.name, item.unit, item.precision, key));
  return {};
}

Result<int64_t> InsertItem(Transaction& transaction, int64_t product_key, int64_t usage_file,
                           std::string_view id, const Item& item) {
  CARREL_ASSIGN_OR_RETURN(
      auto insert,
      Query(transaction,
            "INSERT INTO items (id, product_key, usage_file_key, mpn, local_id, name, unit, "
            "quantity_precision, item_type, period) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "RETURNING key",
            id, product_key, usage_file, item.mpn, item.local_id, item.name, item.unit,
            item.precision, item.type, item.period));
  CARREL_TRY(insert->Step());
  const int64_t key = insert->Integer(0);
  CARREL_TRY(insert->Step());
  return key;
}

}  // namespace

Result<Product> LoadProduct(Transaction& transaction, std::string_view id) {
  CARREL_ASSIGN_OR_RETURN(
      auto row, Query(transaction,
                      "SELECT p.key, p.id, p.name, v.id, v.name, p.ppu_schema, p.ppu_dynamic, "
                      "p.ppu_predictive, p.ppu_future, p.ppu_late, p.reservation_consumption, "
                      "p.ppu_custom_fields FROM products p JOIN accounts v ON v.key = p.vendor_key "
                      "WHERE p.id = ?",
                      id));
  CARREL_ASSIGN_OR_RETURN(const bool found, row->Step());
  if (!found) return NoSuch("product", id);
  Product out;
  out.key = row->Integer(0);
  out.product = ReadReference(*row, 1);
  out.vendor = ReadReference(*row, 3);
  out.schema = TextColumn(*row, 5);
  out.dynamic = row->Integer(6) != 0;
  out.predictive = row->Integer(7) != 0;
  out.future = row->Integer(8) != 0;
  out.late = row->Integer(9) != 0;
  out.consumption = row->Integer(10) != 0;
  CARREL_ASSIGN_OR_RETURN(const Json fields, ParseJson(row->Text(11)));
  for (const Json& field : fields) out.required_custom_fields.push_back(field.get<std::string>());
  return out;
}

Result<Contract> LoadContract(Transaction& transaction, std::string_view id) {
  CARREL_ASSIGN_OR_RETURN(
      auto row, Query(transaction,
                      "SELECT c.key, c.id, c.name, v.id, v.name, p.id, p.name, r.id, r.name, "
                      "m.key, m.id, m.name FROM contracts c LEFT JOIN accounts v ON v.key = "
                      "c.vendor_key JOIN accounts p ON p.key = c.provider_key "
                      "LEFT JOIN accounts r ON r.key = c.reseller_key "
                      "JOIN marketplaces m ON m.key = c.marketplace_key WHERE c.id = ?",
                      id));
  CARREL_ASSIGN_OR_RETURN(const bool found, row->Step());
  if (!found) return NoSuch("contract", id);
  return Contract{row->Integer(0),        ReadReference(*row, 1), ReadOptional(*row, 3),
                  ReadReference(*row, 5), ReadOptional(*row, 7),  row->Integer(9),
                  ReadReference(*row, 10)};
}

Result<Marketplace> LoadMarketplace(Transaction& transaction, std::string_view id) {
  CARREL_ASSIGN_OR_RETURN(auto row,
                          Query(transaction,
                                "SELECT m.key, m.id, m.name, o.id, o.name FROM marketplaces m "
                                "LEFT JOIN accounts o ON o.key = m.owner_key WHERE m.id = ?",
                                id));
  CARREL_ASSIGN_OR_RETURN(const bool found, row->Step());
  if (!found) return NoSuch("marketplace", id);
  return Marketplace{row->Integer(0), ReadReference(*row, 1), ReadOptional(*row, 3)};
}

Result<Account> LoadAccount(Transaction& transaction, std::string_view id) {
  CARREL_ASSIGN_OR_RETURN(
      auto row, Query(transaction, "SELECT id, name, role FROM accounts WHERE id = ?", id));
  CARREL_ASSIGN_OR_RETURN(const bool found, row->Step());
  if (!found) return NoSuch("account", id);
  return Account{TextColumn(*row, 0), TextColumn(*row, 1),
                 RoleFromName(row->Text(2)).value_or(Role::kVendor)};
}

Result<std::vector<Item>> LoadItems(Transaction& transaction, int64_t product_key) {
  CARREL_ASSIGN_OR_RETURN(
      auto rows, Query(transaction,
                       "SELECT key, id, mpn, local_id, name, unit, quantity_precision, item_type, "
                       "period, usage_file_key FROM items WHERE product_key = ? ORDER BY key",
                       product_key));
  std::vector<Item> out;
  while (true) {
    CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
    if (!found) return out;
    out.push_back({rows->Integer(0), TextColumn(*rows, 1), TextColumn(*rows, 2),
                   TextColumn(*rows, 3), TextColumn(*rows, 4), TextColumn(*rows, 5),
                   TextColumn(*rows, 6), TextColumn(*rows, 7), TextColumn(*rows, 8),
                   rows->IsNull(9) ? 0 : rows->Integer(9)});
  }
}

Result<std::vector<Asset>> LoadAssets(Transaction& transaction, const AssetScope& scope) {
  std::string sql =
      "SELECT key, id, status, parameters FROM assets WHERE product_key = ? AND environment = ?";
  if (scope.contract_key) sql += fmt::format(" AND contract_key = {}", *scope.contract_key);
  if (scope.marketplace_key) {
    sql += fmt::format(" AND marketplace_key = {}", *scope.marketplace_key);
  }
  CARREL_ASSIGN_OR_RETURN(auto rows, Query(transaction, sql, scope.product_key, scope.environment));
  std::vector<Asset> out;
  while (true) {
    CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
    if (!found) return out;
    Asset asset{rows->Integer(0), TextColumn(*rows, 1), TextColumn(*rows, 2), {}};
    CARREL_ASSIGN_OR_RETURN(const Json parameters, ParseJson(rows->Text(3)));
    for (const auto& [name, value] : parameters.items()) {
      asset.parameters.emplace(name, value.get<std::string>());
    }
    out.push_back(std::move(asset));
  }
}

Result<std::vector<int64_t>> BringItems(Transaction& transaction, const Product& product,
                                        int64_t usage_file, std::span<const Item> items) {
  CARREL_ASSIGN_OR_RETURN(const auto known, LoadItems(transaction, product.key));
  std::set<std::string_view> brought;
  for (const Item& item : items) brought.insert(item.mpn);
  std::map<std::string_view, int64_t> before;  // mpn -> key
  for (const Item& item : known) {
    if (item.usage_file != usage_file) continue;
    if (brought.contains(item.mpn)) {
      before.emplace(item.mpn, item.key);
    } else {
      CARREL_TRY(Execute(transaction, "DELETE FROM items WHERE key = ?", item.key));
    }
  }
  CARREL_ASSIGN_OR_RETURN(FreeNumbers numbers, FreeNumbers::Load(transaction, product));
  std::vector<int64_t> keys;
  for (const Item& item : items) {
    if (const auto found = before.find(item.mpn); found != before.end()) {
      keys.push_back(found->second);
      CARREL_TRY(ChangeItem(transaction, found->second, item));
      continue;
    }
    const auto number = numbers.Take();
    if (!number) {
      return Fail(Code::kLimit, fmt::format("product {} has no room for more than {} items",
                                            product.product.id, kMostItems));
    }
    const std::string id = fmt::format("{}-{:04}", product.product.id, *number);
    CARREL_ASSIGN_OR_RETURN(const int64_t key,
                            InsertItem(transaction, product.key, usage_file, id, item));
    keys.push_back(key);
  }
  return keys;
}

Status RemoveItems(Transaction& transaction, int64_t usage_file) {
  CARREL_TRY(Execute(transaction, "DELETE FROM items WHERE usage_file_key = ?", usage_file));
  return {};
}

Status KeepItems(Transaction& transaction, int64_t usage_file) {
  CARREL_TRY(Execute(transaction, "UPDATE items SET usage_file_key = NULL WHERE usage_file_key = ?",
                     usage_file));
  return {};
}

Status UseItems(Transaction& transaction, int64_t product_key, std::span<const Item> items) {
  CARREL_ASSIGN_OR_RETURN(const auto found, LoadItems(transaction, product_key));
  std::map<int64_t, const Item*> by_key;
  for (const Item& item : found) by_key.emplace(item.key, &item);
  for (Item item : items) {
    const auto now = by_key.find(item.key);
    if (now != by_key.end()) item.usage_file = now->second->usage_file;
    if (now == by_key.end() || *now->second != item) {
      return Fail(Code::kConflict, fmt::format("item {} has changed meanwhile", item.id));
    }
    if (item.usage_file == 0) continue;
    CARREL_TRY(
        Execute(transaction, "UPDATE items SET usage_file_key = NULL WHERE key = ?", item.key));
  }
  return {};
}

}  // namespace carrel::catalog
