// Takes pending reports through deploying to ready or failed: claims, deploys, runs, verifies,
// publishes. Everything a crash can interrupt is recovered by whoever starts next.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/report/artifact_store.h"
#include "runtime/report/checkouts.h"
#include "runtime/report/environment_store.h"
#include "runtime/report/executor.h"
#include "runtime/report/report_store.h"
#include "runtime/report/template_store.h"

namespace carrel::report {

struct DispatcherOptions {
  int workers = 2;
  Limits limits;  // the host's ceiling
  std::chrono::seconds lease{30};
  std::chrono::milliseconds poll{500};  // looks for work of other processes this often
  std::chrono::seconds recover_every{10};
};

// What the dispatcher works with; all of it outlives it and is thread-safe.
struct DispatcherParts {
  ReportStore& reports;
  TemplateStore& templates;
  ArtifactStore& artifacts;
  Checkouts& checkouts;
  Executor& executor;
  const Clock& clock;
  Environments* environments = nullptr;  // null: reports get along with what is there
};

// Told of every report of this process. Called from its threads. Optional.
class DispatchObserver {
 public:
  virtual ~DispatchObserver() = default;
  virtual void OnProgress(std::string_view report_id, const Progress& progress) = 0;
  virtual void OnLog(std::string_view report_id, std::string_view text) = 0;
  // A problem that no report shows: the store does not answer, a sweep failed.
  virtual void OnProblem(const Error& error) = 0;
};

class LeaseKeeper;

// Thread-safe.
class Dispatcher {
 public:
  static Result<std::unique_ptr<Dispatcher>> Create(DispatcherParts parts,
                                                    DispatcherOptions options,
                                                    DispatchObserver* observer = nullptr);
  ~Dispatcher();
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  // Recovers what dead processes left, removes stray files, then starts the workers.
  Status Start();
  // Running reports go back to pending; returns when the workers are done.
  void Stop();
  // A report was created: looks for work now.
  void Notify();

  // Takes this one report to its end in the calling thread, with or without Start. kConflict when
  // it is not pending. When `stop` is requested the report fails as cancelled. The error is ours;
  // a report that failed is a value.
  Result<Report> RunOne(std::string_view report_id, const std::stop_token& stop = {});

  // Stops a report that runs in this process, which then fails with `reason`. kNotFound when none
  // of that id runs here. An Executor may not call back into the dispatcher from its stop token.
  Status Interrupt(std::string_view report_id, std::string_view reason);

  // One round of recovery; also made every `recover_every`.
  Result<Recovered> Recover();

 private:
  // Why a run of this process is being stopped.
  enum class Cause : uint8_t { kNone, kShutdown, kCancelled, kLeaseLost };
  // Whether this process was still the one to end the report.
  enum class Held : uint8_t { kYes, kNo };
  struct Running;
  struct Deployed;
  class Observer;

  Dispatcher(DispatcherParts parts, DispatcherOptions options, std::string host_id,
             DispatchObserver* observer);

  void Work(const std::stop_token& stop);
  Result<bool> RunNext(const std::stop_token& stop);
  void KeepRecovering(const std::stop_token& stop);
  Status RecoverAndSweep();
  Result<std::optional<Report>> Claim(std::string_view report_id);
  Status Run(const Report& report, const std::stop_token& stop, Cause on_stop);
  Status DeployAndExecute(const Report& report, Running& running);
  Result<Deployed> Deploy(const Report& report, const std::stop_token& stop);
  Result<Environment> FindEnvironment(const Report& report, const git::Checkout& checkout,
                                      const std::stop_token& stop);
  Status Execute(const Report& report, Deployed deployed, Running& running, LeaseKeeper& keeper,
                 RunFacts& facts);
  Status Finish(const Report& report, Deployed deployed, const Outcome& outcome, RunFacts facts);
  Status Publish(const Report& report, Deployed deployed, const Outcome& outcome, RunFacts facts);
  Status FailOutcome(const Report& report, const Limits& limits, const Outcome& outcome,
                     const RunFacts& facts);
  Result<Held> FailRun(const Report& report, const Failure& failure, const RunFacts& facts);
  Status EndWithoutOutcome(const Report& report, const Running& running, const Error& error,
                           const RunFacts& facts);
  Lease LeaseOf(const Report& report) const;
  void Problem(const Error& error) const;

  // Constant after construction.
  const DispatcherParts parts_;
  const DispatcherOptions options_;
  const std::string host_id_;
  DispatchObserver* const observer_;

  std::mutex mutex_;
  std::condition_variable_any wake_;
  uint64_t notified_ = 0;                                 // guarded by mutex_
  std::map<std::string, Running*, std::less<>> running_;  // guarded by mutex_
  std::vector<std::jthread> threads_;                     // Start and Stop only
};

}  // namespace carrel::report
