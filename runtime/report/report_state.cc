#include "runtime/report/report_state.h"

#include <array>
#include <utility>

namespace carrel::report {
namespace {

using State = ReportState;
using Action = ReportAction;

constexpr auto kTable = std::to_array<ReportTransition>({
    {State::kNone, Action::kCreate, State::kPending, By(Who::kUser, Who::kSchedule, Who::kAdmin),
     "parameters valid, template enabled, renderer known"},
    {State::kPending, Action::kClaim, State::kDeploying, By(Who::kSystem), "a worker took it"},
    {State::kPending, Action::kReject, State::kFailed, By(Who::kSystem),
     "its template was blocked or its repository is gone"},
    {State::kPending, Action::kCancel, State::kFailed, By(Who::kAdmin), "an admin cancelled it"},
    {State::kDeploying, Action::kPublish, State::kReady, By(Who::kSystem),
     "the file is complete, its size and sha256 stored, atomically published"},
    {State::kDeploying, Action::kFail, State::kFailed, By(Who::kSystem),
     "any error, limit or time-out; the worker was lost for the third time"},
    {State::kDeploying, Action::kRequeue, State::kPending, By(Who::kSystem),
     "its worker is gone, at most twice"},
    {State::kReady, Action::kDownload, State::kReady, By(Who::kUser, Who::kAdmin),
     "only a ready report has a file"},
    {State::kReady, Action::kDelete, State::kDeleted, By(Who::kUser, Who::kAdmin),
     "the file is removed"},
});

constexpr std::array kStateNames = {
    std::pair{State::kNone, std::string_view("none")},
    std::pair{State::kPending, std::string_view("pending")},
    std::pair{State::kDeploying, std::string_view("deploying")},
    std::pair{State::kReady, std::string_view("ready")},
    std::pair{State::kFailed, std::string_view("failed")},
    std::pair{State::kDeleted, std::string_view("deleted")},
};

constexpr std::array kActionNames = {
    std::pair{Action::kCreate, std::string_view("create")},
    std::pair{Action::kClaim, std::string_view("claim")},
    std::pair{Action::kReject, std::string_view("reject")},
    std::pair{Action::kCancel, std::string_view("cancel")},
    std::pair{Action::kPublish, std::string_view("publish")},
    std::pair{Action::kFail, std::string_view("fail")},
    std::pair{Action::kRequeue, std::string_view("requeue")},
    std::pair{Action::kDownload, std::string_view("download")},
    std::pair{Action::kDelete, std::string_view("delete")},
};

}  // namespace

std::string_view Name(State state) { return NameIn(kStateNames, state); }
std::string_view Name(Action action) { return NameIn(kActionNames, action); }

std::optional<State> ReportStateFromName(std::string_view name) {
  return ValueNamed(kStateNames, name);
}

std::span<const ReportTransition> ReportTransitions() { return kTable; }

Result<State> NextState(State state, Action action, Who who) {
  return StateAfter(std::span<const ReportTransition>(kTable), "report", state, action, who);
}

std::vector<Action> AllowedActions(State state, Who who) {
  return ActionsIn(std::span<const ReportTransition>(kTable), state, who);
}

}  // namespace carrel::report
