// From the fork to the first byte of report code: the worker's own path through confinement.
#pragma once

#include <string_view>

#include "sandbox/wire.h"
#include "sandbox/zygote_server.h"

namespace carrel::sandbox {

struct WorkerDescriptors {
  int socket;  // becomes 3
  int log;     // becomes 1 and 2
  int closer;  // see RunZygote
};

// What the zygote knows and its workers need.
struct WorkerSurroundings {
  pid_t zygote = 0;  // as in Confinement
  Places places;
};

// In the forked child. Puts the descriptors in place and closes every other, waits for Prepare,
// confines itself, says Ready and runs the program. Returns the exit status.
int WorkerEntry(WorkerProgram& program, const ServerOptions& options,
                const WorkerSurroundings& surroundings, const WorkerDescriptors& descriptors);

// The worker's blocking ends of sandbox/wire.h; the peer is the trusted host.
Status SendFrame(int socket, FrameType type, std::string_view payload);
Result<Frame> ReceiveFrame(int socket);

}  // namespace carrel::sandbox
