// Who acts on an object, and the traces that acting leaves on it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/clock.h"
#include "runtime/base/json.h"
#include "runtime/base/result.h"

namespace carrel::report {

// One bit each, so that a table row can name several.
enum class Who : uint8_t { kUser = 1, kSchedule = 2, kSystem = 4, kAdmin = 8 };

std::string_view Name(Who who);

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

struct Actor {
  Who who = Who::kSystem;
  Reference account;   // empty for the system
  std::string origin;  // where the request came from: an address, "cli"
};

Actor SystemActor();
// An account of role admin acts as kAdmin, any other as kUser.
Actor ActorOf(const Account& account, std::string_view origin);

struct Event {
  Timestamp at;
  std::optional<Reference> by;  // absent: the system
  bool operator==(const Event&) const = default;
};

using Events = std::map<std::string, Event>;

Event MakeEvent(Timestamp at, const Actor& actor);

// {"created": {"at": "2020-10-14T10:21:22+00:00", "by": {"id", "name"}}}
Json ToJson(const Events& events);
Result<Events> EventsFromJson(std::string_view text);
Json ToJson(const Reference& reference);

}  // namespace carrel::report
