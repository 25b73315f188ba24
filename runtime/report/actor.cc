#include "runtime/report/actor.h"

namespace carrel::report {
std::string_view Name(Who who) {
  switch (who) {
    case Who::kUser:
      return "user";
    case Who::kSchedule:
      return "schedule";
    case Who::kSystem:
      return "system";
    case Who::kAdmin:
      return "admin";
  }
  return "system";
}

Actor SystemActor() { return Actor{Who::kSystem, {}, "system"}; }

Actor ActorOf(const Account& account, std::string_view origin) {
  const Who who = account.role == Role::kAdmin ? Who::kAdmin : Who::kUser;
  return Actor{who, {account.id, account.name}, std::string(origin)};
}

Event MakeEvent(Timestamp at, const Actor& actor) {
  if (actor.account.id.empty()) return Event{at, std::nullopt};
  return Event{at, actor.account};
}

}  // namespace carrel::report
