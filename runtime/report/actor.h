// Who acts on an object, and the traces that acting leaves on it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/clock.h"
#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/catalog/account.h"

namespace carrel::report {

// One bit each, so that a table row can name several.
enum class Who : uint8_t { kUser = 1, kSchedule = 2, kSystem = 4, kAdmin = 8 };

std::string_view Name(Who who);

using catalog::Account;
using catalog::Event;
using catalog::Events;
using catalog::EventsFromJson;
using catalog::Name;
using catalog::Reference;
using catalog::Role;
using catalog::RoleFromName;
using catalog::ToJson;

struct Actor {
  Who who = Who::kSystem;
  Reference account;   // empty for the system
  std::string origin;  // where the request came from: an address, "cli"
};

Actor SystemActor();
// An account of role admin acts as kAdmin, any other as kUser.
Actor ActorOf(const Account& account, std::string_view origin);

Event MakeEvent(Timestamp at, const Actor& actor);

}  // namespace carrel::report
