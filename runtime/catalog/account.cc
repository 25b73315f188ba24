#include "runtime/catalog/account.h"

#include <array>

namespace carrel::catalog {
namespace {

struct RoleRow {
  Role role;
  std::string_view name;
};
constexpr std::array kRoles = {
    RoleRow{Role::kVendor, "vendor"}, RoleRow{Role::kDistributor, "distributor"},
    RoleRow{Role::kDistributor, "provider"}, RoleRow{Role::kReseller, "reseller"},
    RoleRow{Role::kAdmin, "admin"}};

}  // namespace

std::string_view Name(Role role) {
  for (const RoleRow& row : kRoles) {
    if (row.role == role) return row.name;
  }
  return "vendor";
}

std::optional<Role> RoleFromName(std::string_view name) {
  for (const RoleRow& row : kRoles) {
    if (row.name == name) return row.role;
  }
  return std::nullopt;
}

Json ToJson(const Reference& reference) {
  return Json{{"id", reference.id}, {"name", reference.name}};
}

Json ToJson(const Events& events) {
  Json out = Json::object();
  for (const auto& [name, event] : events) {
    Json entry{{"at", FormatIso(event.at)}};
    if (event.by) entry["by"] = ToJson(*event.by);
    out[name] = std::move(entry);
  }
  return out;
}

Result<Events> EventsFromJson(std::string_view text) {
  CARREL_ASSIGN_OR_RETURN(const Json json, ParseJson(text));
  if (!json.is_object()) return Fail(Code::kInvalid, "events: not an object");
  Events events;
  for (const auto& [name, entry] : json.items()) {
    CARREL_ASSIGN_OR_RETURN(const Timestamp at, ParseIso(JsonString(entry, "at")));
    Event event{at, std::nullopt};
    if (const auto by = entry.find("by"); by != entry.end()) {
      event.by = Reference{JsonString(*by, "id"), JsonString(*by, "name")};
    }
    events.emplace(name, std::move(event));
  }
  return events;
}

}  // namespace carrel::catalog
