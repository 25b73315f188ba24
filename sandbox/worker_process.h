// A forked worker as the host holds it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>

#include "runtime/base/unique_fd.h"
#include "sandbox/cgroup.h"

namespace carrel::sandbox {

// Parked before confinement, with the host's ends of its channels. Dropping it closes them, which
// ends a parked worker.
struct WorkerProcess {
  // Whether it has ended, whoever ended it and whether or not it was reaped.
  bool IsGone() const;

  int64_t id = 0;
  pid_t pid = 0;    // as the host sees it; only `pidfd` is safe against reuse
  UniqueFd socket;  // wire.h
  UniqueFd log;     // stdout and stderr
  UniqueFd pidfd;
  std::unique_ptr<Cgroup> cgroup;  // null where there are no control groups
};

// How a worker process ended, as the zygote's wait told it.
struct WorkerExit {
  int status = 0;  // as wait(2)
  double cpu_s = 0;
  int64_t max_rss_kb = 0;
};

}  // namespace carrel::sandbox
