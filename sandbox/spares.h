// Workers forked ahead of time, so that a report does not wait for a fork. Each serves one report.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "runtime/base/result.h"
#include "sandbox/worker_process.h"

namespace carrel::sandbox {

// Thread-safe. Refills in the background after every Take.
class Spares {
 public:
  using Fork = std::function<Result<WorkerProcess>()>;
  // `fork` may be called from any thread and outlives this. `count` 0: every Take forks.
  Spares(int count, Fork fork) : count_(count), fork_(std::move(fork)) {}

  void Start();
  // Ends the parked workers; none is made from now on.
  void Stop();

  // A parked worker, or one forked now when none is left.
  Result<WorkerProcess> Take();

  // Parked workers, for what is shown and measured.
  int parked() const;

 private:
  void Refill(const std::stop_token& stop);

  const int count_;
  const Fork fork_;
  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable_any wanted_;
  std::deque<WorkerProcess> parked_;
  std::jthread refiller_;  // last: ends before the rest goes
};

}  // namespace carrel::sandbox
