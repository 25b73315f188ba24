// Who acts on usage, as the state tables name them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/catalog/account.h"

namespace carrel::usage {

// One bit each, so that a table row can name several. An admin stands in for any account.
enum class Party : uint8_t {
  kVendor = 1,
  kDistributor = 2,
  kReseller = 4,
  kRule = 8,
  kSystem = 16,
  kAdmin = 32,
};

inline constexpr Party kEveryParty[] = {Party::kVendor, Party::kDistributor, Party::kReseller,
                                        Party::kRule,   Party::kSystem,      Party::kAdmin};

std::string_view Name(Party party);

struct Actor {
  Party party = Party::kSystem;
  catalog::Reference account;  // empty: the system or a rule
  std::string origin;          // where the request came from: an address, "cli"
};

Actor SystemActor();
Actor RuleActor();
Actor ActorOf(const catalog::Account& account, std::string_view origin);

catalog::Event MakeEvent(Timestamp at, const Actor& actor);

}  // namespace carrel::usage
