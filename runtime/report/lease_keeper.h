// Keeps a claimed report ours while it runs: renews its lease, stores its progress, and stops the
// run when the lease is lost.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

#include "runtime/base/clock.h"
#include "runtime/report/report_store.h"

namespace carrel::report {

// Beats from its construction to its destruction, on a thread of its own. Thread-safe.
class LeaseKeeper {
 public:
  // `on_lost` is called once, on the keeper's thread. The store and clock outlive it.
  LeaseKeeper(ReportStore& reports, const Clock& clock, Lease lease, std::chrono::seconds length,
              std::function<void()> on_lost);
  ~LeaseKeeper();
  LeaseKeeper(const LeaseKeeper&) = delete;
  LeaseKeeper& operator=(const LeaseKeeper&) = delete;

  // Reaches the row within a second; the latest one wins.
  void SetProgress(const Progress& progress);
  Progress progress() const;

 private:
  void Run(const std::stop_token& stop);

  ReportStore& reports_;
  const Clock& clock_;
  const Lease lease_;
  const std::chrono::seconds length_;
  const std::function<void()> on_lost_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  Progress progress_;      // guarded by mutex_
  bool is_stale_ = false;  // guarded by mutex_: the row has an older progress
  std::jthread thread_;    // last: it uses all of the above
};

}  // namespace carrel::report
