#include "runtime/usage/party.h"

namespace carrel::usage {

std::string_view Name(Party party) {
  switch (party) {
    case Party::kVendor:
      return "vendor";
    case Party::kDistributor:
      return "distributor";
    case Party::kReseller:
      return "reseller";
    case Party::kRule:
      return "rule";
    case Party::kSystem:
      return "system";
    case Party::kAdmin:
      return "admin";
  }
  return "system";
}

Actor SystemActor() { return {Party::kSystem, {}, "system"}; }
Actor RuleActor() { return {Party::kRule, {}, "rule"}; }

Actor ActorOf(const catalog::Account& account, std::string_view origin) {
  Party party = Party::kVendor;
  if (account.role == catalog::Role::kDistributor) party = Party::kDistributor;
  if (account.role == catalog::Role::kReseller) party = Party::kReseller;
  if (account.role == catalog::Role::kAdmin) party = Party::kAdmin;
  return {party, {account.id, account.name}, std::string(origin)};
}

catalog::Event MakeEvent(Timestamp at, const Actor& actor) {
  if (actor.account.id.empty()) return {at, std::nullopt};
  return {at, actor.account};
}

}  // namespace carrel::usage
