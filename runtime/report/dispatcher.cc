#include "runtime/report/dispatcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/base/exceptions.h"
#include "runtime/report/failure_policy.h"
#include "runtime/report/host_identity.h"
#include "runtime/report/lease_keeper.h"

namespace carrel::report {
namespace {

OrderedJson ParameterValues(const Json& parameters) {
  OrderedJson values = OrderedJson::object();
  for (const Json& parameter : parameters) {
    const auto value = parameter.find("value");
    if (value == parameter.end()) continue;
    values[JsonString(parameter, "id")] = OrderedJson::parse(DumpJson(*value), nullptr, false);
  }
  return values;
}

// For callers to whom it makes no difference who ended the report.
template <typename T>
Status Ended(const Result<T>& result) {
  if (!result) return std::unexpected(result.error());
  return {};
}

Duration Since(Timestamp start, Timestamp end) { return std::max(end - start, Duration::zero()); }

}  // namespace

struct Dispatcher::Running {
  void Stop(Cause why, std::string text) {
    {
      const std::lock_guard lock(mutex);
      if (cause != Cause::kNone) return;
      cause = why;
      reason = std::move(text);
    }
    source.request_stop();
  }
  std::pair<Cause, std::string> Why() const {
    const std::lock_guard lock(mutex);
    return {cause, reason};
  }

  std::stop_source source;
  mutable std::mutex mutex;
  Cause cause = Cause::kNone;  // guarded by mutex
  std::string reason;          // guarded by mutex
};

struct Dispatcher::Deployed {
  git::Checkout checkout;   // held while the job runs
  Environment environment;  // held too
  Job job;
  PendingArtifact output;
};

class Dispatcher::Observer final : public RunObserver {
 public:
  Observer(const std::string& report_id, LeaseKeeper& keeper, DispatchObserver* next)
      : report_id_(report_id), keeper_(keeper), next_(next) {}
  void OnProgress(const Progress& progress) override {
    keeper_.SetProgress(progress);
    if (next_ != nullptr) next_->OnProgress(report_id_, progress);
  }
  void OnLog(std::string_view text) override {
    {
      const std::lock_guard lock(mutex_);
      log_ += text;
      // Cut now and then only, so that every byte is moved once at most.
      if (log_.size() > 2 * kMaxStoredLog) log_.erase(0, log_.size() - kMaxStoredLog);
    }
    if (next_ != nullptr) next_->OnLog(report_id_, text);
  }
  // The end of what was printed so far.
  std::string log() const {
    const std::lock_guard lock(mutex_);
    return log_;
  }

 private:
  const std::string& report_id_;
  LeaseKeeper& keeper_;
  DispatchObserver* next_;
  mutable std::mutex mutex_;
  std::string log_;  // guarded by mutex_
};

Result<std::unique_ptr<Dispatcher>> Dispatcher::Create(DispatcherParts parts,
                                                       DispatcherOptions options,
                                                       DispatchObserver* observer) {
  CARREL_ASSIGN_OR_RETURN(std::string host_id, CurrentHostId());
  return std::unique_ptr<Dispatcher>(new Dispatcher(parts, options, std::move(host_id), observer));
}

Dispatcher::Dispatcher(DispatcherParts parts, DispatcherOptions options, std::string host_id,
                       DispatchObserver* observer)
    : parts_(parts), options_(options), host_id_(std::move(host_id)), observer_(observer) {}

Dispatcher::~Dispatcher() { Stop(); }

Status Dispatcher::Start() {
  CARREL_TRY(Recover());
  CARREL_TRY(parts_.artifacts.Sweep(parts_.reports));
  for (int i = 0; i < options_.workers; ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) { Work(stop); });
  }
  threads_.emplace_back([this](const std::stop_token& stop) { KeepRecovering(stop); });
  return {};
}

void Dispatcher::Stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
}

void Dispatcher::Notify() {
  const std::lock_guard lock(mutex_);
  ++notified_;
  wake_.notify_all();
}

void Dispatcher::Problem(const Error& error) const {
  if (observer_ == nullptr) return;
  (void)Guarded([&]() -> Status {
    observer_->OnProblem(error);
    return {};
  });
}

Lease Dispatcher::LeaseOf(const Report& report) const {
  return Lease{report.id, host_id_, report.attempts};
}

Result<Recovered> Dispatcher::Recover() {
  return parts_.reports.RecoverExpired(parts_.clock.Now());
}

void Dispatcher::Work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    uint64_t seen = 0;
    {
      const std::lock_guard lock(mutex_);
      seen = notified_;
    }
    const auto ran = Guarded([&] { return RunNext(stop); });
    if (!ran) Problem(ran.error());
    if (ran && *ran) continue;
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, options_.poll, [&] { return notified_ != seen; });
  }
}

// False when no report waits.
Result<bool> Dispatcher::RunNext(const std::stop_token& stop) {
  CARREL_ASSIGN_OR_RETURN(const std::optional<Report> report, Claim(""));
  if (!report) return false;
  if (const Status ran = Run(*report, stop, Cause::kShutdown); !ran) Problem(ran.error());
  return true;
}

void Dispatcher::KeepRecovering(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  while (true) {
    never.wait_for(lock, stop, options_.recover_every, [] { return false; });
    if (stop.stop_requested()) return;
    const Status recovered = Guarded([this] { return RecoverAndSweep(); });
    if (!recovered) Problem(recovered.error());
  }
}

Status Dispatcher::RecoverAndSweep() {
  CARREL_ASSIGN_OR_RETURN(const Recovered recovered, Recover());
  if (recovered.requeued + recovered.failed == 0) return {};
  Notify();
  CARREL_TRY(parts_.artifacts.Sweep(parts_.reports));
  return {};
}

Result<std::optional<Report>> Dispatcher::Claim(std::string_view report_id) {
  return parts_.reports.Claim(
      {parts_.clock.Now(), host_id_, options_.lease, std::string(report_id)});
}

Result<Report> Dispatcher::RunOne(std::string_view report_id, const std::stop_token& stop) {
  CARREL_ASSIGN_OR_RETURN(const Report before, parts_.reports.Get(report_id));
  CARREL_ASSIGN_OR_RETURN(const std::optional<Report> claimed, Claim(report_id));
  if (!claimed) {
    return Fail(Code::kConflict, fmt::format("report {} is {}, only a pending one can be run",
                                             report_id, Name(before.status)));
  }
  CARREL_TRY(Run(*claimed, stop, Cause::kCancelled));
  return parts_.reports.Get(report_id);
}

Status Dispatcher::Interrupt(std::string_view report_id, std::string_view reason) {
  const std::lock_guard lock(mutex_);
  const auto it = running_.find(report_id);
  if (it == running_.end()) {
    return Fail(Code::kNotFound, fmt::format("report {} does not run here", report_id));
  }
  it->second->Stop(Cause::kCancelled, std::string(reason));
  return {};
}

Status Dispatcher::Run(const Report& report, const std::stop_token& stop, Cause on_stop) {
  Running running;
  {
    const std::lock_guard lock(mutex_);
    running_[report.id] = &running;
  }
  const std::stop_callback stopped(stop, [&] {
    running.Stop(on_stop, on_stop == Cause::kShutdown ? "the host was stopped" : "cancelled");
  });
  const Status done = Guarded([&] { return DeployAndExecute(report, running); });
  const std::lock_guard lock(mutex_);
  running_.erase(report.id);
  return done;
}

Status Dispatcher::DeployAndExecute(const Report& report, Running& running) {
  // Kept while the result is verified too: a large file takes a while to read.
  LeaseKeeper keeper(parts_.reports, parts_.clock, LeaseOf(report), options_.lease,
                     [&] { running.Stop(Cause::kLeaseLost, "the lease was lost"); });
  RunFacts facts;
  facts.limits = report.limits;
  const Timestamp claimed = parts_.clock.Now();
  auto deployed = Guarded([&] { return Deploy(report, running.source.get_token()); });
  facts.timing.deploy = Since(claimed, parts_.clock.Now());
  if (deployed) {
    facts.limits = ToJson(deployed->job.limits);
    return Execute(report, std::move(*deployed), running, keeper, facts);
  }
  if (deployed.error().code == Code::kCancelled) {
    return EndWithoutOutcome(report, running, deployed.error(), facts);
  }
  return Ended(FailRun(report, {deployed.error().message, ""}, facts));
}

Result<Environment> Dispatcher::FindEnvironment(const Report& report, const git::Checkout& checkout,
                                                const std::stop_token& stop) {
  const bool is_python = report.source.definition.language == manifest::Language::kPython;
  if (parts_.environments == nullptr || !is_python) return Environment();
  const auto on_build = [&] {
    if (observer_ != nullptr) observer_->OnProgress(report.id, {.stage = "installing packages"});
  };
  return parts_.environments->Get({.checkout = checkout.path,
                                   .requirements = report.source.requirements,
                                   .on_build = on_build,
                                   .stop = stop});
}

Result<Dispatcher::Deployed> Dispatcher::Deploy(const Report& report, const std::stop_token& stop) {
  const manifest::ReportDefinition& definition = report.source.definition;
  const manifest::Renderer* renderer = definition.FindRenderer(report.renderer);
  if (renderer == nullptr) {
    return Fail(Code::kInvalid, fmt::format("deployment failed: template {} has no renderer '{}'",
                                            report.source.id, report.renderer));
  }
  auto checkout = parts_.checkouts.Get(report.source.git);
  if (!checkout) return Wrap(checkout.error(), "deployment failed");
  auto environment = FindEnvironment(report, *checkout, stop);
  if (!environment) return Wrap(environment.error(), "deployment failed");
  CARREL_ASSIGN_OR_RETURN(const Limits limits,
                          Lowered(Lowered(options_.limits, definition.limits), report.limits));
  Deployed deployed;
  deployed.checkout = std::move(*checkout);
  deployed.environment = std::move(*environment);
  CARREL_ASSIGN_OR_RETURN(deployed.output, parts_.artifacts.Begin(report.id, report.attempts));
  Job& job = deployed.job;
  job.report_id = report.id;
  job.checkout = deployed.checkout.path;
  job.environment = deployed.environment.path;
  job.definition = definition;
  job.renderer = *renderer;
  job.parameters = ParameterValues(report.parameters);
  job.account = report.owner;
  job.output_fd = deployed.output.fd.get();
  job.limits = limits;
  job.start_time = parts_.clock.Now();
  return deployed;
}

Status Dispatcher::Execute(const Report& report, Deployed deployed, Running& running,
                           LeaseKeeper& keeper, RunFacts& facts) {
  Observer observer(report.id, keeper, observer_);
  const Result<Outcome> outcome = Guarded(
      [&] { return parts_.executor.Execute(deployed.job, observer, running.source.get_token()); });
  facts.timing.run = Since(deployed.job.start_time, parts_.clock.Now());
  facts.progress = keeper.progress();
  facts.log = observer.log();
  if (outcome) return Finish(report, std::move(deployed), *outcome, facts);
  parts_.artifacts.Discard(std::move(deployed.output));
  return EndWithoutOutcome(report, running, outcome.error(), facts);
}

Status Dispatcher::Finish(const Report& report, Deployed deployed, const Outcome& outcome,
                          RunFacts facts) {
  facts.verdict = Name(outcome.verdict);
  facts.sandbox_tier = outcome.sandbox_tier;
  facts.rows = outcome.rows;
  facts.use = outcome.use;
  if (!outcome.log.empty()) facts.log = outcome.log;
  if (outcome.verdict != Verdict::kOk) {
    parts_.artifacts.Discard(std::move(deployed.output));
    return FailOutcome(report, deployed.job.limits, outcome, facts);
  }
  return Publish(report, std::move(deployed), outcome, facts);
}

Status Dispatcher::FailOutcome(const Report& report, const Limits& limits, const Outcome& outcome,
                               const RunFacts& facts) {
  const std::string notes = DescribeFailure(outcome, limits);
  CARREL_ASSIGN_OR_RETURN(const Held held, FailRun(report, {notes, outcome.traceback}, facts));
  if (held == Held::kNo) return {};
  if (ConsequenceOf(outcome, report.source.origin) == Consequence::kNone) return {};
  const Status blocked = parts_.templates.Block(
      report.source.id, fmt::format("report {} failed: {}", report.id, notes), parts_.clock.Now());
  // Disabled, blocked already or gone: nothing is left to block.
  const bool moot = !blocked && (blocked.error().code == Code::kConflict ||
                                 blocked.error().code == Code::kNotFound);
  return moot ? Status() : blocked;
}

Status Dispatcher::Publish(const Report& report, Deployed deployed, const Outcome& outcome,
                           RunFacts facts) {
  const Limits limits = deployed.job.limits;
  const auto artifact = parts_.artifacts.Publish(
      std::move(deployed.output), deployed.job.renderer.Extension(), outcome.bytes, outcome.sha256);
  if (!artifact && artifact.error().code == Code::kProtocol) {
    // The file is not what the worker said of it: the worker's word is worth nothing.
    Outcome violation = outcome;
    violation.verdict = Verdict::kProtocolViolation;
    violation.message = artifact.error().message;
    facts.verdict = Name(violation.verdict);
    return FailOutcome(report, limits, violation, facts);
  }
  if (!artifact) return Ended(FailRun(report, {artifact.error().message, ""}, facts));
  const Lease lease = LeaseOf(report);
  const Status ready = parts_.reports.MarkReady(lease, {*artifact, outcome.bytes, outcome.sha256},
                                                facts, parts_.clock.Now());
  if (ready) return {};
  if (ready.error().code == Code::kConflict) {
    (void)parts_.artifacts.Delete(*artifact);  // somebody else has the report now
    return {};
  }
  // A commit that reported an error may still have happened: the file goes only when the row says
  // that the report failed. If it cannot be told, the lease runs out and recovery decides.
  CARREL_TRY(parts_.reports.MarkFailed(lease,
                                       {"storing the result failed: " + ready.error().message, ""},
                                       facts, parts_.clock.Now()));
  return parts_.artifacts.Delete(*artifact);
}

Result<Dispatcher::Held> Dispatcher::FailRun(const Report& report, const Failure& failure,
                                             const RunFacts& facts) {
  const Status failed =
      parts_.reports.MarkFailed(LeaseOf(report), failure, facts, parts_.clock.Now());
  if (failed) return Held::kYes;
  // A lost lease is no failure of this process: the report is in other hands.
  if (failed.error().code == Code::kConflict) return Held::kNo;
  return std::unexpected(failed.error());
}

Status Dispatcher::EndWithoutOutcome(const Report& report, const Running& running,
                                     const Error& error, const RunFacts& facts) {
  const auto [cause, reason] = running.Why();
  switch (cause) {
    case Cause::kLeaseLost:
      return {};
    case Cause::kShutdown: {
      const Status back = parts_.reports.Requeue(LeaseOf(report), reason, parts_.clock.Now());
      return !back && back.error().code == Code::kConflict ? Status() : back;
    }
    case Cause::kCancelled:
      return Ended(FailRun(report, {reason, ""}, facts));
    case Cause::kNone:
      return Ended(FailRun(report, {error.message, ""}, facts));
  }
  return {};
}

}  // namespace carrel::report
