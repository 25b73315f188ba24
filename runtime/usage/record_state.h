// The states of a usage record and the steps between them. Pending, accepted and rejected are
// steps of the whole file: the store keeps them once, at the file.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/base/transition.h"
#include "runtime/usage/party.h"

namespace carrel::usage {

// The numbers are those of the store.
enum class RecordState : uint8_t {
  kNone = 0,  // before it is uploaded
  kUploaded = 1,
  kValidated = 2,
  kInvalid = 3,
  kPending = 4,
  kAccepted = 5,
  kRejected = 6,
  kClosed = 7,
};

enum class RecordAction : uint8_t {
  kUpload,
  kValidate,
  kRefuse,
  kSubmit,
  kAccept,
  kReject,
  kClose,
  kAnnotate,
};

std::string_view Name(RecordState state);
std::string_view Name(RecordAction action);
// The word of the compatible API: there a record that is pending is still valid, and an accepted
// one approved.
std::string_view ShownState(RecordState state);
// nullopt for an unknown name.
std::optional<RecordState> RecordStateFromName(std::string_view name);

using RecordTransition = Transition<RecordState, RecordAction, Party>;
std::span<const RecordTransition> RecordTransitions();

// kConflict, naming the allowed actions, or kDenied.
Result<RecordState> NextState(RecordState state, RecordAction action, Party who);
std::vector<RecordAction> AllowedActions(RecordState state, Party who);

}  // namespace carrel::usage
