// From the fork to the first byte of report code: the worker's own path through confinement.
#pragma once

#include <string_view>

#include "sandbox/wire.h"
#include "sandbox/zygote_server.h"

namespace carrel::sandbox {

// In the forked child. Takes `socket` and `log` as descriptors 3 and 1+2, closes every other,
// waits for Prepare, confines itself, says Ready and runs the program. Returns the exit status.
int WorkerEntry(WorkerProgram& program, int socket, int log);

// The worker's blocking ends of sandbox/wire.h; the peer is the trusted host.
Status SendFrame(int socket, FrameType type, std::string_view payload);
Result<Frame> ReceiveFrame(int socket);

}  // namespace carrel::sandbox
