#include "runtime/catalog/kinds.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "runtime/base/text.h"

namespace carrel::catalog {
namespace {

using Type = Column::Type;
using Need = Column::Need;

constexpr std::array<std::string_view, 4> kRoles = {"vendor", "distributor", "reseller", "admin"};
constexpr std::array<std::string_view, 5> kSchemas = {"", "QT", "TR", "CR", "PR"};
constexpr std::array<std::string_view, 5> kPrecisions = {"integer", "decimal_1", "decimal_2",
                                                         "decimal_4", "decimal_8"};
constexpr std::array<std::string_view, 2> kItemTypes = {"reservation", "ppu"};
constexpr std::array<std::string_view, 4> kAssetStates = {"processing", "active", "suspended",
                                                          "terminated"};
constexpr std::array<std::string_view, 3> kEnvironments = {"test", "preview", "production"};

constexpr Column Text(std::string_view path, std::string_view name, Need need = Need::kOptional) {
  return {path, name, Type::kText, need};
}
constexpr Column Flag(std::string_view path, std::string_view name) {
  return {path, name, Type::kBoolean};
}
constexpr Column Refer(std::string_view path, std::string_view name, Kind kind, Need need) {
  return {path, name, Type::kReference, need, {}, kind};
}

constexpr std::array kAccountColumns = {
    Text("name", "name", Need::kRequired),
    Column{"role", "role", Type::kChoice, Need::kFixed, kRoles},
    Text("external_id", "external_id"),
};
constexpr std::array kHubColumns = {
    Text("name", "name", Need::kRequired),
    Refer("account", "account_key", Kind::kAccount, Need::kOptional),
};
constexpr std::array kMarketplaceColumns = {
    Text("name", "name", Need::kRequired),
    Refer("owner", "owner_key", Kind::kAccount, Need::kOptional),
};
constexpr std::array kProductColumns = {
    Text("name", "name", Need::kRequired),
    Refer("vendor", "vendor_key", Kind::kAccount, Need::kFixed),
    Column{"capabilities.ppu.schema", "ppu_schema", Type::kChoice, Need::kOptional, kSchemas},
    Flag("capabilities.ppu.dynamic", "ppu_dynamic"),
    Flag("capabilities.ppu.predictive", "ppu_predictive"),
    Flag("capabilities.ppu.future", "ppu_future"),
    Flag("capabilities.ppu.late", "ppu_late"),
    Column{"capabilities.ppu.required_custom_fields", "ppu_custom_fields", Type::kList},
    Flag("capabilities.reservation.consumption", "reservation_consumption"),
};
constexpr std::array kItemColumns = {
    Refer("product", "product_key", Kind::kProduct, Need::kFixed),
    Text("mpn", "mpn", Need::kRequired),
    Text("local_id", "local_id"),
    Text("name", "name", Need::kRequired),
    Text("unit", "unit"),
    Column{"precision", "quantity_precision", Type::kChoice, Need::kRequired, kPrecisions},
    Column{"type", "item_type", Type::kChoice, Need::kRequired, kItemTypes},
    Text("period", "period"),
};
constexpr std::array kContractColumns = {
    Text("name", "name", Need::kRequired),
    Refer("vendor", "vendor_key", Kind::kAccount, Need::kOptional),
    Refer("provider", "provider_key", Kind::kAccount, Need::kFixed),
    Refer("reseller", "reseller_key", Kind::kAccount, Need::kOptional),
    Refer("marketplace", "marketplace_key", Kind::kMarketplace, Need::kFixed),
};
constexpr std::array kAssetColumns = {
    Text("external_id", "external_id"),
    Text("external_uid", "external_uid"),
    Column{"status", "status", Type::kChoice, Need::kRequired, kAssetStates},
    Refer("product", "product_key", Kind::kProduct, Need::kFixed),
    Refer("marketplace", "marketplace_key", Kind::kMarketplace, Need::kRequired),
    Refer("contract", "contract_key", Kind::kContract, Need::kRequired),
    Refer("hub", "hub_key", Kind::kHub, Need::kOptional),
    Column{"environment", "environment", Type::kChoice, Need::kRequired, kEnvironments},
    Text("tiers.customer.id", "customer_id"),
    Text("tiers.customer.name", "customer_name"),
    Text("tiers.customer.external_id", "customer_external_id"),
    Text("tiers.tier1.id", "tier1_id"),
    Text("tiers.tier1.name", "tier1_name"),
    Text("tiers.tier1.external_id", "tier1_external_id"),
    Text("tiers.tier2.id", "tier2_id"),
    Text("tiers.tier2.name", "tier2_name"),
    Text("tiers.tier2.external_id", "tier2_external_id"),
    Column{"parameters", "parameters", Type::kMap},
    Column{"events.created.at", "created", Type::kCreated},
    Column{"events.updated.at", "updated", Type::kUpdated},
};

constexpr std::array kKinds = {
    KindRow{Kind::kAccount, "accounts", "account", "", kAccountColumns},
    KindRow{Kind::kHub, "hubs", "hub", "HB-", kHubColumns},
    KindRow{Kind::kMarketplace, "marketplaces", "marketplace", "MP-", kMarketplaceColumns},
    KindRow{Kind::kProduct, "products", "product", "PRD-", kProductColumns},
    KindRow{Kind::kItem, "items", "item", "PRD-", kItemColumns},
    KindRow{Kind::kContract, "contracts", "contract", "CRD-", kContractColumns},
    KindRow{Kind::kAsset, "assets", "asset", "AS-", kAssetColumns},
};

}  // namespace

std::span<const KindRow> Kinds() { return kKinds; }

const KindRow& RowOf(Kind kind) { return *std::ranges::find(kKinds, kind, &KindRow::kind); }

const KindRow* KindNamed(std::string_view plural) {
  const auto row = std::ranges::find(kKinds, plural, &KindRow::plural);
  return row == kKinds.end() ? nullptr : &*row;
}

std::string IdFault(const KindRow& kind, std::string_view id) {
  constexpr size_t kLongest = 40;
  if (id.empty()) return "id is missing";
  if (!id.starts_with(kind.prefix)) {
    return fmt::format("id '{}': the id of {} begins with {}", id, WithArticle(kind.singular),
                       kind.prefix);
  }
  const auto is_plain = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  if (id.size() > kLongest || !std::ranges::all_of(id, is_plain)) {
    return fmt::format("id '{}': expected at most {} letters, digits and '-'", id, kLongest);
  }
  return "";
}

}  // namespace carrel::catalog
