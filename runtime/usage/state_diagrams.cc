#include "runtime/usage/state_diagrams.h"

#include "runtime/usage/chunk_state.h"
#include "runtime/usage/file_state.h"
#include "runtime/usage/record_state.h"

namespace carrel::usage {

std::string StatesSections() {
  const std::span<const Party> everybody(kEveryParty);
  return "\n" +
         StateSection("Usage file", FileTransitions(), FileState::kNone, FileState::kDeleted,
                      everybody) +
         "\n" +
         StateSection("Usage record", RecordTransitions(), RecordState::kNone, RecordState::kNone,
                      everybody) +
         "\n" +
         StateSection("Usage chunk", ChunkTransitions(), ChunkState::kNone, ChunkState::kNone,
                      everybody);
}

}  // namespace carrel::usage
