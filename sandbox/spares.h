// Workers forked ahead of time, so that a report does not wait for a fork. Each serves one report.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "runtime/base/result.h"
#include "sandbox/worker_process.h"

namespace carrel::sandbox {

// Thread-safe. Refills in the background, a moment after every Take: the fork for a later report
// must not take the processor from this one.
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

  // The worker that was taken is at its report: from now on the refill is in nobody's way.
  void Refill();

  // Parked workers, for what is shown and measured.
  int parked() const;

 private:
  void KeepFull(const std::stop_token& stop);

  const int count_;
  const Fork fork_;
  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable_any wanted_;
  std::deque<WorkerProcess> parked_;
  std::chrono::steady_clock::time_point due_;  // of the next refill
  std::jthread refiller_;                      // last: ends before the rest goes
};

}  // namespace carrel::sandbox
