// Names this process so that, after a crash, another one can tell whether the holder of a lease
// still lives.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace carrel::report {

// Boot id, pid namespace, pid, start time of the process and a random part. Different for every
// process there ever was.
Result<std::string> CurrentHostId();

enum class Liveness {
  kAlive,
  kDead,
  kUnknown,  // another machine or container: only its lease can tell
};

// What this machine can say about the process that `host_id` names.
Liveness LivenessOf(std::string_view host_id);

}  // namespace carrel::report
