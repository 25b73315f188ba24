// Catalogue objects as structs, for code that works with them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/catalog/account.h"
#include "runtime/store/database.h"

namespace carrel::catalog {

struct Product {
  int64_t key = 0;
  Reference product;
  Reference vendor;
  std::string schema;  // "QT", "TR", "CR", "PR"; empty: it takes no usage
  bool dynamic = false, predictive = false, future = false, late = false;
  bool consumption = false;  // of reservations
  std::vector<std::string> required_custom_fields;
};

struct Item {
  int64_t key = 0;
  std::string id, mpn, local_id, name, unit;
  std::string precision;  // "integer", "decimal_1", ...
  std::string type;       // "reservation", "ppu"
  std::string period;
};

struct Contract {
  int64_t key = 0;
  Reference contract;
  std::optional<Reference> vendor;  // none: for the products of all
  Reference provider;               // the distributor
  std::optional<Reference> reseller;
  int64_t marketplace_key = 0;
  Reference marketplace;
};

struct Marketplace {
  int64_t key = 0;
  Reference marketplace;
  std::optional<Reference> owner;
};

struct Asset {
  int64_t key = 0;
  std::string id;
  std::string status;
  std::map<std::string, std::string> parameters;
};

// kNotFound for an unknown id.
Result<Product> LoadProduct(store::Transaction& transaction, std::string_view id);
Result<Contract> LoadContract(store::Transaction& transaction, std::string_view id);
Result<Marketplace> LoadMarketplace(store::Transaction& transaction, std::string_view id);
Result<Account> LoadAccount(store::Transaction& transaction, std::string_view id);

Result<std::vector<Item>> LoadItems(store::Transaction& transaction, int64_t product_key);

// Those that usage of one file may be for. A contract narrows the marketplace.
struct AssetScope {
  int64_t product_key = 0;
  std::string environment;
  std::optional<int64_t> marketplace_key;
  std::optional<int64_t> contract_key;
};
Result<std::vector<Asset>> LoadAssets(store::Transaction& transaction, const AssetScope& scope);

// Items that usage itself brought, with the next free ids of their product; their keys. kConflict
// for an mpn that is taken, kLimit when the product has no more ids.
Result<std::vector<int64_t>> CreateItems(store::Transaction& transaction, const Product& product,
                                         std::span<const Item> items);

}  // namespace carrel::catalog
