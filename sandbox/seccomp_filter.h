// The system calls a worker may make, as a reviewed list, and the filter made from it.
#pragma once

#include <cstdint>
#include <span>

#include "runtime/base/result.h"

namespace carrel::sandbox {

struct ListedCall {
  const char* name;
  const char* reason;
};

std::span<const ListedCall> AllowedCalls();
// Calls with no legitimate use in a report: the worker dies at the attempt.
std::span<const ListedCall> KilledCalls();

enum class SeccompMode : uint8_t {
  kEnforce,  // a call that is on neither list answers EPERM
  kLog,      // it is carried out and the kernel logs it: for the audit of the lists, never for use
};

// Whose file system and processes the calls of a worker meet.
enum class SeccompRoot : uint8_t {
  kOwn,     // a root and a pid namespace of its own
  kOfHost,  // none: nothing is made, renamed or changed by name; signals go to this process only
};

// Compiles the filter; once, in the zygote (kOfHost: in the process it is for). The program stays
// for the life of the process.
Status CompileSeccompFilter(SeccompMode mode, SeccompRoot root = SeccompRoot::kOwn);
// 0, or the errno that says that this kernel has no filters of this kind.
int ProbeSeccomp();
// Installs the compiled filter in this process. 0 or errno. Async-signal-safe.
int InstallSeccompFilter();

}  // namespace carrel::sandbox
