// Ctrl-C and SIGTERM end a command in good order: what runs is stopped and says so.
#pragma once

#include <stop_token>
#include <thread>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"

namespace carrel::cli {

// While this lives, the first SIGINT or SIGTERM requests a stop; the second one kills the process
// as it would without this. At most one at a time.
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
  std::thread watcher_;
};

}  // namespace carrel::cli
