// Ctrl-C, SIGTERM and the end of the terminal end a command in good order: what runs is stopped and
// says so.
#pragma once

#include <stop_token>
#include <thread>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"

namespace carrel::cli {

// A write over the process's file size limit fails with EFBIG instead of killing the process.
void IgnoreFileSizeSignal();

// While this lives, the first SIGINT, SIGTERM or SIGHUP requests a stop; the second one kills the
// process as it would without this. One that was ignored when the process was started (nohup, a
// shell's background job) stays so. At most one at a time.
class StopOnSignal {
 public:
  static Result<StopOnSignal> Install();
  StopOnSignal(StopOnSignal&&) = default;
  StopOnSignal& operator=(StopOnSignal&&) = delete;
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;
  ~StopOnSignal();

  std::stop_token token() const { return source_.get_token(); }

 private:
  explicit StopOnSignal(UniqueFd event);

  UniqueFd event_;
  std::stop_source source_;
  std::vector<int> handled_;  // signals
  std::thread watcher_;
};

}  // namespace carrel::cli
