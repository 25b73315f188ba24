// The numbers a script sees when carrel ends. One table, so that they never drift between commands.
#pragma once

#include "runtime/base/result.h"

namespace carrel::cli {

enum class ExitCode {
  kDone = 0,
  kFailed = 1,       // the report or the check failed
  kUsage = 2,        // wrong command line
  kInvalid = 3,      // repository, parameters or input file
  kUnreachable = 4,  // the repository's host
  kSandbox = 5,      // not available
  kConflict = 6,     // the object's state does not allow it
  kNotFound = 7,     // or not allowed
  kBug = 70,         // ours
};

ExitCode ExitCodeOf(Code code);

}  // namespace carrel::cli
