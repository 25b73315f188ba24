// Runs one git operation in a process of its own, because libgit2 1.5 can neither be told to give
// up on a silent server nor be stopped from outside. See docs/decisions/0003-git-fetch-deadline.md.
#pragma once

#include <chrono>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <stop_token>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/git/types.h"
#include "runtime/git/wire.h"

namespace carrel::git {

struct HelperCall {
  std::vector<std::string> command;  // a program whose main calls HelperMain()
  std::chrono::milliseconds deadline = std::chrono::seconds(60);
  std::stop_token stop;
  std::function<void(const SyncProgress&)> progress;
};

// Starts the helper, gives it the request and waits for its one result. Whatever happens the
// process is gone and reaped when this returns. kTimeout and kCancelled come from here, every other
// code from the helper. A helper that crashed is kProtocol, one that the kernel killed kLimit, one
// that ended without a word kInternal.
Result<nlohmann::json> CallHelper(const HelperCall& call, const Request& request);

}  // namespace carrel::git
