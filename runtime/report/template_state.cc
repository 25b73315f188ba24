#include "runtime/report/template_state.h"

#include <array>
#include <utility>

namespace carrel::report {
namespace {

using State = TemplateState;
using Action = TemplateAction;

constexpr auto kTable = std::to_array<TemplateTransition>({
    {State::kNone, Action::kCreate, State::kEnabled, By(Who::kSystem),
     "its repository became ready"},
    {State::kEnabled, Action::kDisable, State::kDisabled, By(Who::kUser, Who::kAdmin),
     "with a note"},
    {State::kDisabled, Action::kEnable, State::kEnabled, By(Who::kUser, Who::kAdmin),
     "with a note"},
    {State::kEnabled, Action::kBlock, State::kBlocked, By(Who::kSystem),
     "its repository is edited or failed, or a run failed in a way that blocks"},
    {State::kBlocked, Action::kUnblock, State::kEnabled, By(Who::kSystem),
     "its repository is ready again"},
    {State::kEnabled, Action::kRemove, State::kDeleted, By(Who::kSystem),
     "its repository is deleted or offers it no more"},
    {State::kDisabled, Action::kRemove, State::kDeleted, By(Who::kSystem),
     "its repository is deleted or offers it no more"},
    {State::kBlocked, Action::kRemove, State::kDeleted, By(Who::kSystem),
     "its repository is deleted or offers it no more"},
});

constexpr std::array kStateNames = {
    std::pair{State::kNone, std::string_view("none")},
    std::pair{State::kEnabled, std::string_view("enabled")},
    std::pair{State::kDisabled, std::string_view("disabled")},
    std::pair{State::kBlocked, std::string_view("blocked")},
    std::pair{State::kDeleted, std::string_view("deleted")},
};

constexpr std::array kActionNames = {
    std::pair{Action::kCreate, std::string_view("create")},
    std::pair{Action::kDisable, std::string_view("disable")},
    std::pair{Action::kEnable, std::string_view("enable")},
    std::pair{Action::kBlock, std::string_view("block")},
    std::pair{Action::kUnblock, std::string_view("unblock")},
    std::pair{Action::kRemove, std::string_view("remove")},
};

}  // namespace

std::string_view Name(State state) { return NameIn(kStateNames, state); }
std::string_view Name(Action action) { return NameIn(kActionNames, action); }

std::optional<State> TemplateStateFromName(std::string_view name) {
  return ValueNamed(kStateNames, name);
}

std::span<const TemplateTransition> TemplateTransitions() { return kTable; }

Result<State> NextState(State state, Action action, Who who) {
  return StateAfter(std::span<const TemplateTransition>(kTable), "template", state, action, who);
}

std::vector<Action> AllowedActions(State state, Who who) {
  return ActionsIn(std::span<const TemplateTransition>(kTable), state, who);
}

}  // namespace carrel::report
