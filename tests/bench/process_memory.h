// What processes of this machine hold in memory, as the kernel counts it for each of them.
#pragma once

#include <sys/types.h>

#include <optional>

namespace carrel::bench {

struct ProcessMemory {
  double resident_mb = 0;
  double proportional_mb = 0;  // shared pages divided by those who share them
  double private_mb = 0;       // nobody else has them
};

// Nothing when /proc/PID/smaps_rollup cannot be read (another's process, without root).
std::optional<ProcessMemory> MemoryOf(pid_t process);

// The newest child of the newest child ... of this process, `depth` steps down; 0 when there are
// not so many. Direct children: 1.
pid_t DescendantAt(int depth);

}  // namespace carrel::bench
