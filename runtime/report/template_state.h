// The states of a template and the steps between them. The table in template_state.cc alone
// decides.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/report/transition.h"

namespace carrel::report {

enum class TemplateState : uint8_t {
  kNone,  // before it is created
  kEnabled,
  kDisabled,
  kBlocked,
  kDeleted,  // removed
};

enum class TemplateAction : uint8_t {
  kCreate,
  kDisable,
  kEnable,
  kBlock,
  kUnblock,
  kRemove,
};

std::string_view Name(TemplateState state);
std::string_view Name(TemplateAction action);
// nullopt for an unknown name.
std::optional<TemplateState> TemplateStateFromName(std::string_view name);

using TemplateTransition = Transition<TemplateState, TemplateAction>;
std::span<const TemplateTransition> TemplateTransitions();

// kConflict, naming the allowed actions, or kDenied.
Result<TemplateState> NextState(TemplateState state, TemplateAction action, Who who);
std::vector<TemplateAction> AllowedActions(TemplateState state, Who who);

}  // namespace carrel::report
