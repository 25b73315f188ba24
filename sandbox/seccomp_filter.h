// The system calls a worker may make, as a reviewed list, and the filter made from it.
#pragma once

#include <cstdint>
#include <span>

#include "runtime/base/result.h"

namespace carrel::sandbox {

struct AllowedCall {
  const char* name;
  const char* reason;
};

struct KilledCall {
  const char* name;
};

std::span<const AllowedCall> AllowedCalls();
// Calls with no legitimate use in a report: the worker dies at the attempt.
std::span<const KilledCall> KilledCalls();

// Compiles the filter; once, in the zygote. The program stays for the life of the process.
Status CompileSeccompFilter();
// Installs the compiled filter in this process. 0 or errno. Async-signal-safe.
int InstallSeccompFilter();

}  // namespace carrel::sandbox
