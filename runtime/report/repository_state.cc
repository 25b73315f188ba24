#include "runtime/report/repository_state.h"

#include <array>
#include <utility>

namespace carrel::report {
namespace {

using State = RepositoryState;
using Action = RepositoryAction;

constexpr auto kTable = std::to_array<RepositoryTransition>({
    {State::kNone, Action::kCreate, State::kConfiguring, By(Who::kUser, Who::kAdmin, Who::kSystem),
     "the address is allowed"},
    {State::kConfiguring, Action::kAccept, State::kReady, By(Who::kSystem),
     "fetched and without a fault"},
    {State::kConfiguring, Action::kReject, State::kFailed, By(Who::kSystem),
     "not reachable, or its reports.json has faults: all of them are in the notes"},
    {State::kReady, Action::kEdit, State::kConfiguring, By(Who::kUser, Who::kAdmin),
     "its templates are blocked until it is ready"},
    {State::kFailed, Action::kEdit, State::kConfiguring, By(Who::kUser, Who::kAdmin),
     "its templates are blocked until it is ready"},
    {State::kReady, Action::kSync, State::kConfiguring, By(Who::kUser, Who::kAdmin, Who::kSystem),
     "its tag or branch is looked up again"},
    {State::kFailed, Action::kSync, State::kConfiguring, By(Who::kUser, Who::kAdmin, Who::kSystem),
     "its tag or branch is looked up again"},
    {State::kReady, Action::kDelete, State::kDeleted, By(Who::kUser, Who::kAdmin),
     "its templates go, reports already made stay"},
    {State::kFailed, Action::kDelete, State::kDeleted, By(Who::kUser, Who::kAdmin),
     "its templates go, reports already made stay"},
});

constexpr std::array kStateNames = {
    std::pair{State::kNone, std::string_view("none")},
    std::pair{State::kConfiguring, std::string_view("configuring")},
    std::pair{State::kReady, std::string_view("ready")},
    std::pair{State::kFailed, std::string_view("failed")},
    std::pair{State::kDeleted, std::string_view("deleted")},
};

constexpr std::array kActionNames = {
    std::pair{Action::kCreate, std::string_view("create")},
    std::pair{Action::kAccept, std::string_view("accept")},
    std::pair{Action::kReject, std::string_view("reject")},
    std::pair{Action::kEdit, std::string_view("edit")},
    std::pair{Action::kSync, std::string_view("sync")},
    std::pair{Action::kDelete, std::string_view("delete")},
};

}  // namespace

std::string_view Name(State state) { return NameIn(kStateNames, state); }
std::string_view Name(Action action) { return NameIn(kActionNames, action); }

std::optional<State> RepositoryStateFromName(std::string_view name) {
  return ValueNamed(kStateNames, name);
}

std::span<const RepositoryTransition> RepositoryTransitions() { return kTable; }

Result<State> NextState(State state, Action action, Who who) {
  return StateAfter(std::span<const RepositoryTransition>(kTable), "repository", state, action,
                    who);
}

std::vector<Action> AllowedActions(State state, Who who) {
  return ActionsIn(std::span<const RepositoryTransition>(kTable), state, who);
}

}  // namespace carrel::report
