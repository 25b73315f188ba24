// The states of a chunk, the part of an accepted usage file that one hub bills, and the steps
// between them. The table in chunk_state.cc alone decides.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/base/transition.h"
#include "runtime/usage/party.h"

namespace carrel::usage {

enum class ChunkState : uint8_t {
  kNone,  // before its file is accepted
  kDraft,
  kReady,
  kClosed,
  kFailed,
};

enum class ChunkAction : uint8_t {
  kCreate,
  kPrepare,
  kFail,
  kRetry,
  kClose,
};

std::string_view Name(ChunkState state);
std::string_view Name(ChunkAction action);
// nullopt for an unknown name.
std::optional<ChunkState> ChunkStateFromName(std::string_view name);

using ChunkTransition = Transition<ChunkState, ChunkAction, Party>;
std::span<const ChunkTransition> ChunkTransitions();

// kConflict, naming the allowed actions, or kDenied.
Result<ChunkState> NextState(ChunkState state, ChunkAction action, Party who);
std::vector<ChunkAction> AllowedActions(ChunkState state, Party who);

}  // namespace carrel::usage
