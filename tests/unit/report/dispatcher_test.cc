#include "runtime/report/dispatcher.h"

#include <fcntl.h>
#include <unistd.h>

#include <condition_variable>
#include <new>
#include <thread>

#include "runtime/report/failure_policy.h"
#include "tests/support/eventually.h"
#include "tests/unit/report/report_fixture.h"

namespace carrel::report {
namespace {

using namespace std::string_literals;
using std::chrono::milliseconds;
using std::chrono::seconds;

class DispatcherTest : public ReportFixture {
 protected:
  Report RunOne(std::string_view local_id = "plain") {
    const Report made = NewReport(local_id);
    return MakeDispatcher()->RunOne(made.id).value();
  }
  // Waits for a state of the row, real time.
  bool Becomes(std::string_view id, ReportState state) {
    return Eventually([&] { return Get(id).status == state; });
  }
  // Waits for the beat that keeps the lease of `length` from now on, real time.
  bool IsRenewed(std::string_view id, std::chrono::microseconds length) {
    const int64_t expected = (clock_.Now() + length).time_since_epoch().count();
    return Eventually([&] { return LeaseEnd(id) == expected; });
  }
  int64_t LeaseEnd(std::string_view id) {
    const auto read = [&](store::Transaction& transaction) -> Result<int64_t> {
      CARREL_ASSIGN_OR_RETURN(
          auto rows,
          store::Query(transaction, "SELECT lease_expires FROM reports WHERE id = ?", id));
      CARREL_TRY(rows->Step());
      return rows->Integer(0);
    };
    return stores_.database->Read(read).value();
  }
  // A run that lasts until it is told to stop.
  static Result<Outcome> Hang(const Job&, RunObserver&, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, kLongEnough, [] { return false; });
    return Fail(Code::kCancelled, "stopped");
  }
};

TEST_F(DispatcherTest, ARunThatEndsWellIsReadyWithItsFile) {
  AddRepository();
  executor_.run = [&](const Job& job, RunObserver& observer, const std::stop_token&) {
    EXPECT_EQ(job.limits.wall_s, 20) << "the report's own limit is lower than the host's";
    EXPECT_EQ(job.limits.cpu_s, 120);
    EXPECT_EQ(job.renderer.id, "csv");
    EXPECT_EQ(job.account.id, "VA-1");
    EXPECT_EQ(job.checkout, dir_.path());
    EXPECT_NE(fcntl(job.output_fd, F_GETFL) & O_RDWR, 0);
    observer.OnProgress({1, 2, "rows"});
    clock_.Advance(seconds(2));
    return WriteResult(job, "content");
  };
  const Report report = RunOne("sales");
  EXPECT_EQ(report.status, ReportState::kReady) << report.notes;
  EXPECT_EQ(ContentOf(report), "content");
  EXPECT_EQ(report.report_size, 7U);
  EXPECT_EQ(report.rows, 3U);
  EXPECT_EQ(report.progress, (Progress{1, 2, "rows"}));
  EXPECT_EQ(report.verdict, "ok");
  EXPECT_EQ(report.sandbox_tier, "full");
  EXPECT_EQ(report.timing.run, seconds(2));
  EXPECT_EQ(report.limits["wall_s"], 20);
  EXPECT_EQ(report.artifact, report.id + ".1.csv");
}

TEST_F(DispatcherTest, AnExceptionFailsItsReportAndTheOthersGoOn) {
  AddRepository();
  executor_.run = [](const Job& job, RunObserver&, const std::stop_token&) -> Result<Outcome> {
    if (job.definition.local_id == "sales") throw std::bad_alloc();
    return WriteResult(job, "content");
  };
  const Report bad = NewReport("sales");
  const Report good = NewReport("plain");
  DispatcherOptions options;
  options.workers = 1;
  const auto dispatcher = MakeDispatcher(options);
  ASSERT_TRUE(dispatcher->Start());
  EXPECT_TRUE(Becomes(bad.id, ReportState::kFailed));
  EXPECT_TRUE(Becomes(good.id, ReportState::kReady));
  EXPECT_EQ(Get(bad.id).notes, "out of memory");
  EXPECT_EQ(dispatcher->Interrupt(bad.id, "why").error().code, Code::kNotFound);
}

TEST_F(DispatcherTest, AnExceptionOfTheDeploymentFailsTheReport) {
  AddRepository();
  checkouts_.on_get = [] { throw std::bad_alloc(); };
  const Report report = RunOne();
  EXPECT_EQ(report.status, ReportState::kFailed);
  EXPECT_EQ(report.notes, "out of memory");
}

TEST_F(DispatcherTest, WhatARunPrintedAndUsedIsKept) {
  AddRepository();
  executor_.run = [&](const Job& job, RunObserver&, const std::stop_token&) {
    auto outcome = WriteResult(job, "content");
    outcome->use = {1.5, 0.25, 64 << 20};
    outcome->log = std::string(kMaxStoredLog, 'x') + "\nlast\0 line \xff\n"s;
    return outcome;
  };
  const Report good = RunOne();
  EXPECT_EQ(good.use, (ResourceUse{1.5, 0.25, 64 << 20}));
  EXPECT_EQ(stores_.reports.Log(good.id).value(), "last line \uFFFD\n");
  executor_.run = [&](const Job&, RunObserver&, const std::stop_token&) {
    Outcome outcome = PluginFailure("expected", "no");
    outcome.log = "said\n";
    outcome.sandbox_tier = "reduced";
    return outcome;
  };
  const Report bad = RunOne();
  EXPECT_EQ(stores_.reports.Log(bad.id).value(), "said\n");
  EXPECT_EQ(bad.sandbox_tier, "reduced");
  EXPECT_TRUE(bad.use);
  EXPECT_EQ(stores_.reports.Log("RP-000-000-000").error().code, Code::kNotFound);
}

TEST_F(DispatcherTest, ALogOfOneLongLineKeepsItsEnd) {
  AddRepository();
  executor_.run = [&](const Job& job, RunObserver&, const std::stop_token&) {
    auto outcome = WriteResult(job, "content");
    outcome->log = std::string(3 * kMaxStoredLog, '\xe9') + "end";
    return outcome;
  };
  const std::string log = stores_.reports.Log(RunOne().id).value();
  EXPECT_LE(log.size(), kMaxStoredLog);
  EXPECT_TRUE(log.ends_with("end"));
}

TEST_F(DispatcherTest, ARunThatWasCancelledKeepsWhatItHadPrinted) {
  AddRepository();
  executor_.run = [&](const Job&, RunObserver& observer, const std::stop_token&) {
    for (int i = 0; i < 40'000; ++i) observer.OnLog("line\n");
    observer.OnLog("before the end\n");
    return Result<Outcome>(Fail(Code::kCancelled, "stopped"));
  };
  const Report report = RunOne();
  EXPECT_FALSE(report.use);
  const std::string log = stores_.reports.Log(report.id).value();
  EXPECT_TRUE(log.ends_with("line\nbefore the end\n"));
  EXPECT_LE(log.size(), kMaxStoredLog);
}

TEST_F(DispatcherTest, OnlyWhoHoldsTheLeaseBlocksTheTemplate) {
  AddRepository();
  for (const bool lies : {false, true}) {
    const Report report = NewReport();
    executor_.run = [&](const Job& job, RunObserver&, const std::stop_token&) -> Result<Outcome> {
      clock_.Advance(seconds(60));
      EXPECT_EQ(stores_.reports.RecoverExpired(clock_.Now())->requeued, 1);
      if (!lies) return PluginFailure("error", "KeyError: 'x'");
      auto outcome = WriteResult(job, "content");
      outcome->bytes = 1;
      return outcome;
    };
    EXPECT_EQ(MakeDispatcher()->RunOne(report.id)->status, ReportState::kPending);
    EXPECT_EQ(TemplateOf("plain").status, TemplateState::kEnabled);
  }
}

TEST_F(DispatcherTest, AReportIsRunOnceOnly) {
  AddRepository();
  const Report report = RunOne();
  const auto again = MakeDispatcher()->RunOne(report.id);
  EXPECT_EQ(again.error().code, Code::kConflict);
  EXPECT_EQ(executor_.runs, 1);
}

TEST_F(DispatcherTest, AFailureHasItsReasonAndTracebackAndNoFile) {
  AddRepository();
  executor_.run = [](const Job& job, RunObserver&, const std::stop_token&) -> Result<Outcome> {
    CARREL_TRY(WriteAll(job.output_fd, "half"));
    return PluginFailure("expected", "no data for this period");
  };
  const Report report = RunOne();
  EXPECT_EQ(report.status, ReportState::kFailed);
  EXPECT_EQ(report.notes, "no data for this period");
  EXPECT_EQ(report.failure_output, "Traceback: no data for this period");
  EXPECT_EQ(report.verdict, "plugin_error");
  EXPECT_EQ(Files(), 0);
  EXPECT_EQ(TemplateOf("plain").status, TemplateState::kEnabled);
}

TEST_F(DispatcherTest, AWorkerThatLiesAboutItsFileFailsTheReportAndBlocksItsTemplate) {
  AddRepository();
  executor_.run = [](const Job& job, RunObserver&, const std::stop_token&) {
    auto outcome = WriteResult(job, "content");
    outcome->sha256 = std::string(64, '0');
    return outcome;
  };
  const Report report = RunOne();
  EXPECT_EQ(report.status, ReportState::kFailed);
  EXPECT_THAT(report.notes, testing::StartsWith("protocol error: the file's sha256"));
  EXPECT_EQ(Files(), 0);
  EXPECT_EQ(TemplateOf("plain").status, TemplateState::kBlocked);
}

TEST_F(DispatcherTest, ALimitIsNamedWithItsValue) {
  AddRepository();
  executor_.run = [](const Job&, RunObserver&, const std::stop_token&) {
    Outcome outcome;
    outcome.verdict = Verdict::kWallLimit;
    outcome.message = "ran longer than wall_s = 20 s";
    return outcome;
  };
  const Report report = RunOne("sales");
  EXPECT_EQ(report.notes, "ran longer than wall_s = 20 s") << "once";
  EXPECT_EQ(stores_.templates.Stats(report.source.id)->timeout, 1);
}

TEST_F(DispatcherTest, ADeploymentThatFailsFailsTheReportOnly) {
  AddRepository();
  checkouts_.fault = "the server does not answer";
  const Report report = RunOne();
  EXPECT_EQ(report.status, ReportState::kFailed);
  EXPECT_EQ(report.notes, "deployment failed: the server does not answer");
  EXPECT_EQ(executor_.runs, 0);
  EXPECT_EQ(TemplateOf("plain").status, TemplateState::kEnabled);
}

TEST_F(DispatcherTest, AnUnexpectedExceptionBlocksACustomTemplate) {
  AddRepository();
  const Report waiting = NewReport();
  executor_.run = [](const Job&, RunObserver&, const std::stop_token&) {
    return PluginFailure("error", "KeyError: 'x'");
  };
  const Report later = NewReport();
  ASSERT_TRUE(MakeDispatcher()->RunOne(waiting.id));
  EXPECT_EQ(TemplateOf("plain").status, TemplateState::kBlocked);
  EXPECT_THAT(TemplateOf("plain").notes, testing::HasSubstr("KeyError: 'x'"));
  EXPECT_EQ(Get(later.id).status, ReportState::kFailed);
}

TEST_F(DispatcherTest, ATemplateOfTheSystemIsNeverBlocked) {
  AddRepository(Origin::kSystem);
  executor_.run = [](const Job&, RunObserver&, const std::stop_token&) {
    return PluginFailure("error", "KeyError: 'x'");
  };
  EXPECT_EQ(RunOne().status, ReportState::kFailed);
  EXPECT_EQ(TemplateOf("plain").status, TemplateState::kEnabled);
}

TEST_F(DispatcherTest, TheTableOfConsequencesIsAsSpecified) {
  const auto blocks = [](const Outcome& outcome) {
    EXPECT_EQ(ConsequenceOf(outcome, Origin::kSystem), Consequence::kNone);
    return ConsequenceOf(outcome, Origin::kCustom) == Consequence::kBlockTemplate;
  };
  EXPECT_FALSE(blocks(PluginFailure("expected", "x")));
  EXPECT_FALSE(blocks(PluginFailure("render", "row 1048577")));
  EXPECT_TRUE(blocks(PluginFailure("error", "x")));
  EXPECT_TRUE(blocks(PluginFailure("load", "x")));
  EXPECT_TRUE(blocks(PluginFailure("api", "x", 401)));
  EXPECT_TRUE(blocks(PluginFailure("api", "x", 403)));
  EXPECT_FALSE(blocks(PluginFailure("api", "x", 500)));
  EXPECT_FALSE(blocks(PluginFailure("api", "x", 404)));
  const std::map<Verdict, bool> expected = {
      {Verdict::kOk, false},          {Verdict::kProtocolViolation, true},
      {Verdict::kWallLimit, false},   {Verdict::kCpuLimit, false},
      {Verdict::kMemoryLimit, false}, {Verdict::kOutputLimit, false},
      {Verdict::kThreadLimit, false}, {Verdict::kFileLimit, false},
      {Verdict::kTmpLimit, false},    {Verdict::kFrameLimit, false},
      {Verdict::kCrashed, true},      {Verdict::kKilledByPolicy, true},
      {Verdict::kSandboxError, false}};
  for (const auto& [verdict, block] : expected) {
    Outcome outcome;
    outcome.verdict = verdict;
    outcome.message = "why";
    EXPECT_EQ(blocks(outcome), block) << Name(verdict);
    EXPECT_EQ(DescribeFailure(outcome, {}).empty(), verdict == Verdict::kOk) << Name(verdict);
  }
}

TEST_F(DispatcherTest, WorkersTakeEverythingThatIsPending) {
  AddRepository();
  DispatcherOptions options;
  options.workers = 3;
  const auto dispatcher = MakeDispatcher(options);
  ASSERT_TRUE(dispatcher->Start());
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(NewReport().id);
  dispatcher->Notify();
  for (const std::string& id : ids) EXPECT_TRUE(Becomes(id, ReportState::kReady)) << id;
  EXPECT_EQ(executor_.runs, 20);
  dispatcher->Stop();
  EXPECT_EQ(Files(), 20);
}

TEST_F(DispatcherTest, AStopGivesRunningReportsBack) {
  AddRepository();
  executor_.run = Hang;
  const Report report = NewReport();
  const auto dispatcher = MakeDispatcher();
  ASSERT_TRUE(dispatcher->Start());
  ASSERT_TRUE(Becomes(report.id, ReportState::kDeploying));
  dispatcher->Stop();
  EXPECT_EQ(Get(report.id).status, ReportState::kPending);
  EXPECT_EQ(Files(), 0);
}

TEST_F(DispatcherTest, AnInterruptFailsTheReportWithItsReason) {
  AddRepository();
  executor_.run = Hang;
  const Report report = NewReport();
  const auto dispatcher = MakeDispatcher();
  EXPECT_EQ(dispatcher->Interrupt(report.id, "x").error().code, Code::kNotFound);
  ASSERT_TRUE(dispatcher->Start());
  ASSERT_TRUE(Becomes(report.id, ReportState::kDeploying));
  while (!dispatcher->Interrupt(report.id, "cancelled by Ann")) std::this_thread::yield();
  ASSERT_TRUE(Becomes(report.id, ReportState::kFailed));
  EXPECT_EQ(Get(report.id).notes, "cancelled by Ann");
}

TEST_F(DispatcherTest, AStopTokenCancelsTheOneReport) {
  AddRepository();
  executor_.run = Hang;
  const Report report = NewReport();
  std::stop_source source;
  source.request_stop();
  const Report ended = MakeDispatcher()->RunOne(report.id, source.get_token()).value();
  EXPECT_EQ(ended.status, ReportState::kFailed);
  EXPECT_EQ(ended.notes, "cancelled");
}

TEST_F(DispatcherTest, ALongRunKeepsItsLeaseAndAWorkerThatLostItStops) {
  AddRepository();
  DispatcherOptions options;
  options.lease = seconds(1);
  const auto one = MakeDispatcher(options);
  const Report report = NewReport();
  std::atomic<bool> kept = false;
  executor_.run = [&](const Job& job, RunObserver& observer, const std::stop_token& stop) {
    clock_.Advance(milliseconds(900));
    EXPECT_TRUE(IsRenewed(report.id, options.lease));
    observer.OnProgress({1, 2, ""});
    clock_.Advance(milliseconds(900));
    kept = stores_.reports.RecoverExpired(clock_.Now())->requeued == 0;
    // Another host's clock has gone on: the beats come too late.
    EXPECT_EQ(stores_.reports.RecoverExpired(clock_.Now() + seconds(10))->requeued, 1);
    return Hang(job, observer, stop);
  };
  const Report ended = one->RunOne(report.id).value();
  EXPECT_TRUE(kept);
  EXPECT_EQ(ended.status, ReportState::kPending) << "it belongs to whoever claims it next";
  EXPECT_EQ(Files(), 0);
}

TEST_F(DispatcherTest, ALongDeploymentKeepsItsLease) {
  AddRepository();
  DispatcherOptions options;
  options.lease = seconds(1);
  const auto dispatcher = MakeDispatcher(options);
  const Report report = NewReport();
  checkouts_.on_get = [&] {
    for (int i = 0; i < 3; ++i) {
      clock_.Advance(milliseconds(900));
      EXPECT_TRUE(IsRenewed(report.id, options.lease));
      EXPECT_EQ(stores_.reports.RecoverExpired(clock_.Now())->requeued, 0);
    }
  };
  const Report ended = dispatcher->RunOne(report.id).value();
  EXPECT_EQ(ended.status, ReportState::kReady);
  EXPECT_EQ(ended.attempts, 1);
}

TEST_F(DispatcherTest, AResultThatCannotBeStoredFailsTheReport) {
  AddRepository();
  // The artifact directory cannot take the shelf of the report: a file stands in its place.
  const Report report = NewReport();
  ASSERT_TRUE(
      WriteFileAtomic(dir_.path() / "artifacts" / report.id.substr(report.id.size() - 2), ""));
  const Report ended = MakeDispatcher()->RunOne(report.id).value();
  EXPECT_EQ(ended.status, ReportState::kFailed);
  EXPECT_THAT(ended.notes, testing::StartsWith("storing the result failed: "));
}

}  // namespace
}  // namespace carrel::report
