// How a worker ended, as the host saw it. The host decides the verdict; what the worker claims is
// only its payload.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/json.h"

namespace carrel::sandbox {

enum class Verdict : uint8_t {
  kDone,               // an outcome arrived; its content is for the rooms above to judge
  kProtocolViolation,  // it said something it may not say, or left without an outcome
  kWallLimit,
  kIdleLimit,
  kCpuLimit,
  kMemoryLimit,
  kThreadLimit,  // counted by the host, where the kernel counts a whole user's
  kCallLimit,
  kFrameLimit,
  kKilledByPolicy,  // SIGSYS: a system call that is never legitimate
  kCrashed,         // any other signal
  kCancelled,       // the host asked for it
  kSandboxError,    // confinement failed, or the zygote died: no report code is to blame
};

// "done", "protocol_violation", "wall_limit", ...
std::string_view VerdictName(Verdict verdict);

struct Usage {
  double cpu_s = 0;
  double wall_s = 0;
  int64_t max_rss_kb = 0;
};

struct WorkerOutcome {
  Verdict verdict = Verdict::kSandboxError;
  std::string reason;       // one line: what the verdict does not say (value, signal, step)
  Json payload;             // the Outcome frame; null unless kDone
  std::string log;          // stdout and stderr, UTF-8, at most Limits::log_kb
  int64_t log_dropped = 0;  // bytes beyond it
  int64_t calls = 0;
  Usage usage;
};

}  // namespace carrel::sandbox
