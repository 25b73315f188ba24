#include "runtime/usage/chunk_state.h"

#include <array>
#include <utility>

namespace carrel::usage {
namespace {

using State = ChunkState;
using Action = ChunkAction;

constexpr auto kBySystem = By(Party::kSystem);
constexpr auto kByBuyer = By(Party::kDistributor, Party::kReseller, Party::kAdmin);
constexpr std::string_view kBilled = "every record of it has a billing id";

constexpr auto kTable = std::to_array<ChunkTransition>({
    {State::kNone, Action::kCreate, State::kDraft, kBySystem, "its file is accepted"},
    {State::kDraft, Action::kPrepare, State::kReady, kBySystem, "its spreadsheet can be had"},
    {State::kReady, Action::kFail, State::kFailed, kByBuyer, "its hub cannot bill it; with a note"},
    {State::kFailed, Action::kRetry, State::kReady, kByBuyer, "its hub tries again"},
    {State::kReady, Action::kClose, State::kClosed, kByBuyer, kBilled},
    {State::kFailed, Action::kClose, State::kClosed, kByBuyer, kBilled},
});

constexpr std::array kStateNames = {
    std::pair{State::kNone, std::string_view("none")},
    std::pair{State::kDraft, std::string_view("draft")},
    std::pair{State::kReady, std::string_view("ready")},
    std::pair{State::kClosed, std::string_view("closed")},
    std::pair{State::kFailed, std::string_view("failed")},
};

constexpr std::array kActionNames = {
    std::pair{Action::kCreate, std::string_view("create")},
    std::pair{Action::kPrepare, std::string_view("prepare")},
    std::pair{Action::kFail, std::string_view("fail")},
    std::pair{Action::kRetry, std::string_view("retry")},
    std::pair{Action::kClose, std::string_view("close")},
};

}  // namespace

std::string_view Name(ChunkState state) { return NameIn(kStateNames, state); }
std::string_view Name(ChunkAction action) { return NameIn(kActionNames, action); }

std::optional<ChunkState> ChunkStateFromName(std::string_view name) {
  return ValueNamed(kStateNames, name);
}

std::span<const ChunkTransition> ChunkTransitions() { return kTable; }

Result<ChunkState> NextState(ChunkState state, ChunkAction action, Party who) {
  return StateAfter(std::span<const ChunkTransition>(kTable), "usage chunk", state, action, who);
}

std::vector<ChunkAction> AllowedActions(ChunkState state, Party who) {
  return ActionsIn(std::span<const ChunkTransition>(kTable), state, who);
}

}  // namespace carrel::usage
