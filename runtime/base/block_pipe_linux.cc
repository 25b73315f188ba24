#include <sched.h>
#include <sys/resource.h>

#include "runtime/base/block_pipe.h"

namespace carrel {

bool HasSpareCore() {
  cpu_set_t usable;
  // Fails on a machine of more processors than the set has bits for.
  if (::sched_getaffinity(0, sizeof usable, &usable) == 0 && CPU_COUNT(&usable) < 2) return false;
  rlimit threads{};
  return ::getrlimit(RLIMIT_NPROC, &threads) == 0 && threads.rlim_cur >= kFewThreads;
}

}  // namespace carrel
