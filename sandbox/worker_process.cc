#include "sandbox/worker_process.h"

#include <poll.h>

namespace carrel::sandbox {

bool WorkerProcess::IsGone() const {
  pollfd fds[] = {{pidfd.get(), POLLIN, 0}};
  return ::poll(fds, 1, 0) > 0;
}

}  // namespace carrel::sandbox
