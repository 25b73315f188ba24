#include "runtime/catalog/subscriptions.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace carrel::catalog {
namespace {

using query::Field;
using query::FieldType;
using query::Nullable;
using query::Searched;
using store::Statement;
using store::TextColumn;

constexpr Field Text(std::string_view name, std::string_view column,
                     Searched searched = Searched::kNo) {
  return {name, FieldType::kText, column, Nullable::kNo, searched};
}

constexpr std::array kFields = {
    Text("id", "a.id", Searched::kYes),
    Text("status", "a.status"),
    Text("external_id", "a.external_id", Searched::kYes),
    Text("external_uid", "a.external_uid", Searched::kYes),
    Text("product.id", "p.id"),
    Text("product.name", "p.name"),
    Text("connection.type", "a.environment"),
    Text("connection.provider.id", "d.id"),
    Text("connection.provider.name", "d.name"),
    Text("connection.vendor.id", "v.id"),
    Text("connection.vendor.name", "v.name"),
    Field{"connection.hub.id", FieldType::kText, "h.id", Nullable::kYes},
    Field{"connection.hub.name", FieldType::kText, "h.name", Nullable::kYes},
    Text("marketplace.id", "m.id"),
    Text("marketplace.name", "m.name"),
    Text("contract.id", "c.id"),
    Text("contract.name", "c.name"),
    Text("tiers.customer.id", "a.customer_id"),
    Text("tiers.customer.name", "a.customer_name", Searched::kYes),
    Text("tiers.customer.external_id", "a.customer_external_id"),
    Text("tiers.tier1.id", "a.tier1_id"),
    Text("tiers.tier1.name", "a.tier1_name"),
    Text("tiers.tier1.external_id", "a.tier1_external_id"),
    Text("tiers.tier2.id", "a.tier2_id"),
    Text("tiers.tier2.name", "a.tier2_name"),
    Text("tiers.tier2.external_id", "a.tier2_external_id"),
    Field{"events.created.at", FieldType::kTime, "a.created"},
    Field{"events.updated.at", FieldType::kTime, "a.updated"},
};
constexpr std::array<std::string_view, 1> kExtras = {"params"};
constexpr query::Schema kSchema{"subscriptions", kFields, kExtras};

constexpr std::string_view kTables =
    "assets a JOIN products p ON p.key = a.product_key JOIN accounts v ON v.key = p.vendor_key "
    "JOIN marketplaces m ON m.key = a.marketplace_key "
    "JOIN contracts c ON c.key = a.contract_key JOIN accounts d ON d.key = c.provider_key "
    "LEFT JOIN accounts s ON s.key = c.reseller_key LEFT JOIN hubs h ON h.key = a.hub_key";

enum Place : int {
  kId,
  kStatus,
  kExternalId,
  kExternalUid,
  kEnvironment,
  kCreated,
  kUpdated,
  kParameters,
  kProduct,  // id, name; so all that follow
  kProvider = kProduct + 2,
  kVendor = kProvider + 2,
  kHub = kVendor + 2,
  kMarketplace = kHub + 2,
  kContract = kMarketplace + 2,
  kTiers = kContract + 2,
};
constexpr std::string_view kColumns =
    "a.id, a.status, a.external_id, a.external_uid, a.environment, a.created, a.updated, "
    "a.parameters, p.id, p.name, d.id, d.name, v.id, v.name, h.id, h.name, m.id, m.name, c.id, "
    "c.name";

// Of two columns; null when there is none.
Json ReadReference(const Statement& row, int column) {
  if (row.IsNull(column)) return {};
  return ToJson(Reference{TextColumn(row, column), TextColumn(row, column + 1)});
}

Result<Json> Read(const Statement& row) {
  const auto time = [&](Place place) {
    return FormatIso(Timestamp(std::chrono::microseconds(row.Integer(place))));
  };
  CARREL_ASSIGN_OR_RETURN(const Json parameters, ParseJson(row.Text(kParameters)));
  Json params = Json::array();
  for (const auto& [id, value] : parameters.items()) {
    params.push_back({{"id", id}, {"value", value}});
  }
  return Json{
      {"id", TextColumn(row, kId)},
      {"status", TextColumn(row, kStatus)},
      {"external_id", TextColumn(row, kExternalId)},
      {"external_uid", TextColumn(row, kExternalUid)},
      {"product", ReadReference(row, kProduct)},
      {"connection",
       {{"type", TextColumn(row, kEnvironment)},
        {"provider", ReadReference(row, kProvider)},
        {"vendor", ReadReference(row, kVendor)},
        {"hub", ReadReference(row, kHub)}}},
      {"marketplace", ReadReference(row, kMarketplace)},
      {"contract", ReadReference(row, kContract)},
      {"tiers", ReadTiers(row, kTiers)},
      {"params", std::move(params)},
      {"events", {{"created", {{"at", time(kCreated)}}}, {"updated", {{"at", time(kUpdated)}}}}}};
}

ObjectSource Source() {
  return {kSchema, std::string(kTables), fmt::format("{}, {}", kColumns, kTierColumns), "a.id",
          Read};
}

Scope ScopeOf(const Account& account) {
  switch (account.role) {
    case Role::kVendor:
      return {"v.id = ?", account.id};
    case Role::kDistributor:
      return {"d.id = ?", account.id};
    case Role::kReseller:
      return {"s.id = ?", account.id};
    case Role::kAdmin:
      break;
  }
  return {};
}

}  // namespace

Result<ObjectPage> ListSubscriptions(store::Database& database, const Account& account,
                                     std::string_view query) {
  return ListObjects(database, Source(), ScopeOf(account), query);
}

Result<Json> GetSubscription(store::Database& database, const Account& account,
                             std::string_view id) {
  CARREL_ASSIGN_OR_RETURN(Json found,
                          FindObject(database, Source(), ScopeOf(account), "a.id = ?", id));
  if (found.is_null()) {
    return Fail(Code::kNotFound, fmt::format("subscription {} does not exist", id));
  }
  return found;
}

Json ReadTiers(const Statement& row, int column) {
  Json tiers = Json::object();
  for (const char* name : {"customer", "tier1", "tier2"}) {
    if (!row.Text(column).empty()) {
      tiers[name] = {{"id", TextColumn(row, column)},
                     {"name", TextColumn(row, column + 1)},
                     {"external_id", TextColumn(row, column + 2)}};
    }
    column += kTierColumnCount / 3;
  }
  return tiers;
}

}  // namespace carrel::catalog
