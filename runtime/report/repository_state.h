// The states of a repository and the steps between them. The table in repository_state.cc alone
// decides.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/report/transition.h"

namespace carrel::report {

enum class RepositoryState : uint8_t {
  kNone,  // before it is created
  kConfiguring,
  kReady,
  kFailed,
  kDeleted,  // removed
};

enum class RepositoryAction : uint8_t {
  kCreate,
  kAccept,
  kReject,
  kEdit,
  kSync,
  kDelete,
};

std::string_view Name(RepositoryState state);
std::string_view Name(RepositoryAction action);
// nullopt for an unknown name.
std::optional<RepositoryState> RepositoryStateFromName(std::string_view name);

using RepositoryTransition = Transition<RepositoryState, RepositoryAction>;
std::span<const RepositoryTransition> RepositoryTransitions();

// kConflict, naming the allowed actions, or kDenied.
Result<RepositoryState> NextState(RepositoryState state, RepositoryAction action, Who who);
std::vector<RepositoryAction> AllowedActions(RepositoryState state, Who who);

}  // namespace carrel::report
