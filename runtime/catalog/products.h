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
  int64_t usage_file = 0;  // key of the usage file that it belongs to; 0: to the catalogue
  bool operator==(const Item&) const = default;
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

// Items that a usage file brings belong to it until something else relies on them: an import that
// names them, another usage file with records of them, the acceptance of the file.

// From now on these belong to the usage file, and no others: their keys. Those that it had before
// keep key and id, new ones take the next ids of the product. kConflict for an mpn that is taken,
// kLimit when the product has no more ids.
Result<std::vector<int64_t>> BringItems(store::Transaction& transaction, const Product& product,
                                        int64_t usage_file, std::span<const Item> items);
// A deleted usage file takes its items along.
Status RemoveItems(store::Transaction& transaction, int64_t usage_file);
// An accepted one leaves them to the catalogue.
Status KeepItems(store::Transaction& transaction, int64_t usage_file);
// A usage file has records of these, as it read them: from now on they are the catalogue's.
// kConflict when one of them is gone or has changed.
Status UseItems(store::Transaction& transaction, int64_t product_key, std::span<const Item> items);

}  // namespace carrel::catalog
