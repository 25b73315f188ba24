// The states of a report and the steps between them. The table in report_state.cc alone decides.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/report/transition.h"

namespace carrel::report {

enum class ReportState : uint8_t {
  kNone,  // before it is created
  kPending,
  kDeploying,
  kReady,
  kFailed,
  kDeleted,  // removed
};

enum class ReportAction : uint8_t {
  kCreate,
  kClaim,
  kReject,
  kCancel,
  kPublish,
  kFail,
  kRequeue,
  kDownload,
  kDelete,
};

std::string_view Name(ReportState state);
std::string_view Name(ReportAction action);
// nullopt for an unknown name.
std::optional<ReportState> ReportStateFromName(std::string_view name);

using ReportTransition = Transition<ReportState, ReportAction>;
std::span<const ReportTransition> ReportTransitions();

// kConflict, naming the allowed actions, or kDenied.
Result<ReportState> NextState(ReportState state, ReportAction action, Who who);
std::vector<ReportAction> AllowedActions(ReportState state, Who who);

}  // namespace carrel::report
