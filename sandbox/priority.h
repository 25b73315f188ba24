// Who waits for whom when the machine is busy.
#pragma once

#include <sys/types.h>

namespace carrel::sandbox {

// Puts every thread of a worker, and what those start, behind all ordinary threads: they have all
// of an idle machine and next to nothing of a busy one, and a thread that wakes up takes their
// processor at once instead of at the end of their time slice. `pid` leads a process group of its
// own. A worker that is gone, or threads that the kernel does not let go of, are nobody's loss.
void GiveWay(pid_t pid);

}  // namespace carrel::sandbox
