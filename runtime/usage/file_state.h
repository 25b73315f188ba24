// The states of a usage file and the steps between them. The table in file_state.cc alone
// decides.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/base/transition.h"
#include "runtime/usage/party.h"

namespace carrel::usage {

enum class FileState : uint8_t {
  kNone,  // before it is created
  kDraft,
  kUploading,
  kProcessing,
  kInvalid,
  kReady,
  kPending,
  kRejected,
  kAccepted,
  kClosed,
  kDeleted,
  kPrevious,  // in the table only: the state that the upload began in
};

enum class FileAction : uint8_t {
  kCreate,
  kEdit,
  kUpload,
  kAbandon,
  kProcess,
  kRestart,
  kRefuse,
  kPass,
  kReprocess,
  kSubmit,
  kAccept,
  kReject,
  kReconcile,
  kClose,
  kAnnotate,
  kDelete,
};

std::string_view Name(FileState state);
std::string_view Name(FileAction action);
// nullopt for an unknown name.
std::optional<FileState> FileStateFromName(std::string_view name);

using FileTransition = Transition<FileState, FileAction, Party>;
std::span<const FileTransition> FileTransitions();

// kConflict, naming the allowed actions, or kDenied.
Result<FileState> NextState(FileState state, FileAction action, Party who);
std::vector<FileAction> AllowedActions(FileState state, Party who);

}  // namespace carrel::usage
