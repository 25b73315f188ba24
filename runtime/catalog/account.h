// Accounts and their roles, and the traces that an account leaves on what it touches.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/clock.h"
#include "runtime/base/json.h"
#include "runtime/base/result.h"

namespace carrel::catalog {

// The API's {id, name}.
struct Reference {
  std::string id;
  std::string name;
  bool operator==(const Reference&) const = default;
};

enum class Role : uint8_t { kVendor, kDistributor, kReseller, kAdmin };

std::string_view Name(Role role);
// "provider" is another word for "distributor". nullopt for an unknown name.
std::optional<Role> RoleFromName(std::string_view name);

struct Account {
  std::string id;
  std::string name;
  Role role = Role::kVendor;
};

struct Event {
  Timestamp at;
  std::optional<Reference> by;  // absent: the system
  bool operator==(const Event&) const = default;
};

using Events = std::map<std::string, Event>;

// {"created": {"at": "2020-10-14T10:21:22+00:00", "by": {"id", "name"}}}
Json ToJson(const Events& events);
Result<Events> EventsFromJson(std::string_view text);
Json ToJson(const Reference& reference);

}  // namespace carrel::catalog
