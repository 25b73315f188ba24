#include "runtime/usage/record_state.h"

#include <array>
#include <utility>

namespace carrel::usage {
namespace {

using State = RecordState;
using Action = RecordAction;

constexpr auto kByVendor = By(Party::kVendor, Party::kAdmin);
constexpr auto kBySystem = By(Party::kSystem);
constexpr auto kByBuyer = By(Party::kDistributor, Party::kReseller, Party::kAdmin);
constexpr auto kByJudge = By(Party::kDistributor, Party::kReseller, Party::kRule, Party::kAdmin);
constexpr std::string_view kAgain = "the file is uploaded again";

constexpr auto kTable = std::to_array<RecordTransition>({
    {State::kNone, Action::kUpload, State::kUploaded, kByVendor, "a row of the spreadsheet"},
    {State::kInvalid, Action::kUpload, State::kUploaded, kByVendor, kAgain},
    {State::kRejected, Action::kUpload, State::kUploaded, kByVendor, kAgain},
    {State::kUploaded, Action::kValidate, State::kValidated, kBySystem, "it has no error"},
    {State::kUploaded, Action::kRefuse, State::kInvalid, kBySystem, "it has errors"},
    {State::kValidated, Action::kSubmit, State::kPending, kByVendor, "with its file"},
    {State::kPending, Action::kAccept, State::kAccepted, kByJudge, "with its file"},
    {State::kPending, Action::kReject, State::kRejected, kByJudge, "with its file"},
    {State::kAccepted, Action::kClose, State::kClosed, kByBuyer, "it has a billing id"},
    {State::kClosed, Action::kAnnotate, State::kClosed, kByBuyer, "another billing id or note"},
});

constexpr std::array kStateNames = {
    std::pair{State::kNone, std::string_view("none")},
    std::pair{State::kUploaded, std::string_view("uploaded")},
    std::pair{State::kValidated, std::string_view("validated")},
    std::pair{State::kInvalid, std::string_view("invalid")},
    std::pair{State::kPending, std::string_view("pending")},
    std::pair{State::kAccepted, std::string_view("accepted")},
    std::pair{State::kRejected, std::string_view("rejected")},
    std::pair{State::kClosed, std::string_view("closed")},
};

constexpr std::array kActionNames = {
    std::pair{Action::kUpload, std::string_view("upload")},
    std::pair{Action::kValidate, std::string_view("validate")},
    std::pair{Action::kRefuse, std::string_view("refuse")},
    std::pair{Action::kSubmit, std::string_view("submit")},
    std::pair{Action::kAccept, std::string_view("accept")},
    std::pair{Action::kReject, std::string_view("reject")},
    std::pair{Action::kClose, std::string_view("close")},
    std::pair{Action::kAnnotate, std::string_view("annotate")},
};

}  // namespace

std::string_view Name(RecordState state) { return NameIn(kStateNames, state); }
std::string_view Name(RecordAction action) { return NameIn(kActionNames, action); }

std::string_view ShownState(RecordState state) {
  switch (state) {
    case RecordState::kValidated:
    case RecordState::kPending:
      return "valid";
    case RecordState::kAccepted:
      return "approved";
    default:
      return Name(state);
  }
}

std::optional<RecordState> RecordStateFromName(std::string_view name) {
  return ValueNamed(kStateNames, name);
}

std::span<const RecordTransition> RecordTransitions() { return kTable; }

Result<RecordState> NextState(RecordState state, RecordAction action, Party who) {
  return StateAfter(std::span<const RecordTransition>(kTable), "usage record", state, action, who);
}

std::vector<RecordAction> AllowedActions(RecordState state, Party who) {
  return ActionsIn(std::span<const RecordTransition>(kTable), state, who);
}

}  // namespace carrel::usage
