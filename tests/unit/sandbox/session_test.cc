// Real workers under the real confinement: what they may do, what ends them, and what is left.
#include "sandbox/session.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <new>
#include <thread>

#include "runtime/base/files.h"
#include "tests/support/eventually.h"
#include "tests/unit/sandbox/marked_processes.h"

namespace carrel::sandbox {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

// Calls with more than this are answered only when the session ends.
constexpr size_t kSlow = size_t{1} << 20;

int64_t ResidentMb() {
  std::ifstream status("/proc/self/statm");
  int64_t total = 0, resident = 0;
  status >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE) >> 20;
}

pid_t ParentOf(pid_t process) {
  std::ifstream status(fmt::format("/proc/{}/status", process));
  pid_t parent = 0;
  for (std::string word; parent == 0 && status >> word;) {
    if (word == "PPid:") status >> parent;
  }
  return parent;
}

bool HasDescendantThatGaveWay() {
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc", error), end; !error && it != end;
       it.increment(error)) {
    pid_t process = std::atoi(it->path().filename().c_str());
    if (process <= 0 || ::sched_getscheduler(process) != SCHED_IDLE) continue;
    while (process > 0 && process != ::getpid()) process = ParentOf(process);
    if (process == ::getpid()) return true;
  }
  return false;
}

class EchoHandler final : public SessionHandler {
 public:
  Answer OnCall(const Json&, std::string_view body, std::stop_token stop) override {
    if (body.size() > kSlow) {
      while (!stop.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    if (calls_without_memory-- > 0) throw std::bad_alloc();
    return {Json::object(), std::string(body) + "-pong"};
  }
  void OnProgress(const Json&) override {}
  void OnLog(std::string_view) override {}

  std::atomic<int> calls_without_memory = 0;
};

class SessionTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    ::setenv("CARREL_CANARY", "canary-value", 1);
    store_ = new TempDir(*TempDir::Create("/tmp", "carrel-store-"));
    ::chmod(store_->path().c_str(), 0755);
    ASSERT_TRUE(MakeDirectories(store_->path() / "one"));
    ASSERT_TRUE(MakeDirectories(store_->path() / "two"));
    ASSERT_TRUE(WriteFileAtomic(store_->path() / "one" / "mine.txt", "mine"));
    ASSERT_TRUE(WriteFileAtomic(store_->path() / "two" / "other.txt", "other"));
    auto zygote = Zygote::Start(
        {.program = CARREL_TEST_WORKER, .arguments = {}, .root = {store_->path().string(), {}}});
    ASSERT_TRUE(zygote) << zygote.error().message;
    zygote_ = zygote->release();
  }
  static void TearDownTestSuite() {
    delete zygote_;
    delete store_;
  }

  WorkerOutcome Run(Json job, Limits limits = {}, std::stop_token stop = {}) {
    SessionJob session{
        .subtree = "one", .output_fd = output_fd_, .limits = limits, .job = std::move(job)};
    return RunSession(*zygote_, session, handler_, stop);
  }
  // The result of an act that is expected to end well.
  Json Result(Json job, Limits limits = {}) {
    const WorkerOutcome outcome = Run(std::move(job), limits);
    EXPECT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
    return outcome.payload.is_object() ? outcome.payload["result"] : Json();
  }
  void TearDown() override {
    // Whatever a test did, the next report runs.
    EXPECT_EQ(Result({{"act", "open"}, {"path", "/plugin/mine.txt"}}), "ok");
  }

  static TempDir* store_;
  static Zygote* zygote_;
  EchoHandler handler_;
  int output_fd_ = -1;
};
TempDir* SessionTest::store_ = nullptr;
Zygote* SessionTest::zygote_ = nullptr;

TEST_F(SessionTest, SeesItsOwnCheckoutAndNothingElseOfTheHost) {
  EXPECT_EQ(Result({{"act", "open"}, {"path", "/plugin/mine.txt"}}), "ok");
  EXPECT_EQ(Result({{"act", "open"}, {"path", "/etc/shadow"}}), "ENOENT");
  EXPECT_EQ(Result({{"act", "open"}, {"path", "/proc/self/environ"}}), "ENOENT");
  EXPECT_EQ(Result({{"act", "open"}, {"path", "/store/two/other.txt"}}), "ENOENT");
  EXPECT_EQ(Result({{"act", "open"}, {"path", "/bin/sh"}}), "ENOENT");
  EXPECT_EQ(Result({{"act", "list"}, {"path", "/store"}}), Json::array());
  const auto root = Result({{"act", "list"}, {"path", "/"}}).get<std::vector<std::string>>();
  EXPECT_THAT(root, UnorderedElementsAre("dev", "etc", "lib", "lib64", "plugin", "store", "tmp"));
}

TEST_F(SessionTest, WritesOnlyItsOwnTmp) {
  EXPECT_EQ(Result({{"act", "write"}, {"path", "/plugin/new"}}), "EROFS");
  // The file mode already refuses it, before the read-only mount would.
  EXPECT_THAT(Result({{"act", "write"}, {"path", "/plugin/mine.txt"}}),
              testing::AnyOf("EROFS", "EACCES"));
  EXPECT_EQ(Result({{"act", "write"}, {"path", "/new"}}), "EROFS");
  EXPECT_EQ(Result({{"act", "write"}, {"path", "/tmp/new"}}), "ok");
  EXPECT_EQ(Result({{"act", "list"}, {"path", "/tmp"}}), Json::array());
}

TEST_F(SessionTest, HasNoIdentityDescriptorsOrEnvironmentOfTheHost) {
  const Json identity = Result({{"act", "identity"}});
  EXPECT_EQ(identity["pid"], 1);
  EXPECT_EQ(identity["ppid"], 0);
  EXPECT_EQ(identity["uid"], 65534);
  EXPECT_EQ(identity["host"], "report");
  EXPECT_THAT(identity["fds"].get<std::vector<int>>(), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(DumpJson(identity), testing::Not(HasSubstr("canary-value")));
}

TEST_F(SessionTest, DangerousCallsAreRefused) {
  const Json calls = Result({{"act", "calls"}});
  for (const auto& [name, answer] : calls.items()) EXPECT_EQ(answer, "EPERM") << name;
  EXPECT_EQ(calls.size(), 8U);
}

TEST_F(SessionTest, NeverLegitimateCallsKillTheWorker) {
  EXPECT_EQ(Run({{"act", "mount"}}).verdict, Verdict::kKilledByPolicy);
  EXPECT_EQ(Run({{"act", "unshare"}}).verdict, Verdict::kKilledByPolicy);
}

TEST_F(SessionTest, ACallWhoseAnswerThrowsIsAnErrorOfThatCallAlone) {
  handler_.calls_without_memory = 1;
  EXPECT_EQ(Result({{"act", "ask"}, {"times", 2}}), Json({"out of memory", "ping-pong"}));
}

TEST_F(SessionTest, WritesTheOutputThatItWasGiven) {
  auto dir = TempDir::Create("/tmp", "carrel-out-");
  const UniqueFd out(::open((dir->path() / "out").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  output_fd_ = out.get();
  EXPECT_EQ(Result({{"act", "output"}, {"text", "hello"}}), "ok");
  EXPECT_EQ(*ReadFile(dir->path() / "out"), "hello");
}

TEST_F(SessionTest, OutputAndTmpAreCapped) {
  auto dir = TempDir::Create("/tmp", "carrel-out-");
  const UniqueFd out(::open((dir->path() / "out").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  output_fd_ = out.get();
  Limits limits;
  limits.output_mb = 3;
  limits.tmp_mb = 2;
  const Json filled = Result({{"act", "fill"}, {"path", "output"}}, limits);
  EXPECT_EQ(filled["error"], "EFBIG");
  EXPECT_EQ(filled["bytes"], 3 << 20);
  EXPECT_EQ(Result({{"act", "fill"}, {"path", "/tmp/x"}}, limits)["error"], "ENOSPC");
}

TEST_F(SessionTest, TimeLimitsEndAWorkerWithTheirOwnVerdict) {
  Limits limits;
  limits.wall_s = 1;
  const auto start = std::chrono::steady_clock::now();
  const WorkerOutcome wall = Run({{"act", "sleep"}}, limits);
  EXPECT_EQ(wall.verdict, Verdict::kWallLimit);
  EXPECT_THAT(wall.reason, HasSubstr("wall_s = 1"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, kAtOnce);

  limits.wall_s = 600;
  limits.idle_s = 1;
  EXPECT_EQ(Run({{"act", "sleep"}}, limits).verdict, Verdict::kIdleLimit);

  limits.idle_s = 600;
  limits.cpu_s = 1;
  EXPECT_EQ(Run({{"act", "spin"}}, limits).verdict, Verdict::kCpuLimit);
}

TEST_F(SessionTest, MemoryBeyondTheLimitEndsTheWorkerWithItsValue) {
  Limits limits;
  limits.memory_mb = 64;
  const WorkerOutcome outcome = Run({{"act", "memory"}}, limits);
  EXPECT_EQ(outcome.verdict, Verdict::kMemoryLimit) << outcome.reason;
  EXPECT_THAT(outcome.reason, HasSubstr("memory_mb = 64"));
}

TEST_F(SessionTest, ThreadsAreCapped) {
  Limits threads;
  threads.threads = 8;
  EXPECT_LT(Result({{"act", "threads"}}, threads).get<int>(), 8);
}

TEST_F(SessionTest, ACrashIsTold) {
  const WorkerOutcome outcome = Run({{"act", "crash"}});
  EXPECT_EQ(outcome.verdict, Verdict::kCrashed);
}

TEST_F(SessionTest, LeavingWithoutAnOutcomeIsAProtocolError) {
  EXPECT_EQ(Run({{"act", "leave"}}).verdict, Verdict::kProtocolViolation);
}

TEST_F(SessionTest, NonsenseOnTheSocketEndsTheWorker) {
  const std::vector<std::vector<int>> streams = {
      {0xFF, 0xFF, 0xFF, 0xFF, 6},     // a call of 4 GiB
      {0, 0, 0, 0, 99},                // unknown type
      {0, 0, 0, 0, 4},                 // a type only the host may send
      {0, 0, 0, 0, 2},                 // ready twice
      {3, 0, 0, 0, 8, 'x', 'y', 'z'},  // an outcome that is no JSON
      {4, 0, 0, 0, 6, 9, 9, 9, 9},     // an envelope longer than its frame
      {2, 0, 0, 0, 5, '[', ']'},       // progress that is no object
  };
  for (const auto& bytes : streams) {
    const WorkerOutcome outcome = Run({{"act", "raw"}, {"bytes", bytes}});
    EXPECT_EQ(outcome.verdict, Verdict::kProtocolViolation) << DumpJson(bytes);
    EXPECT_FALSE(outcome.reason.empty());
  }
}

TEST_F(SessionTest, ATruncatedFrameRunsIntoTheIdleLimit) {
  Limits limits;
  limits.idle_s = 1;
  EXPECT_EQ(Run({{"act", "raw"}, {"bytes", {8, 0, 0, 0, 8, '{'}}}, limits).verdict,
            Verdict::kIdleLimit);
}

TEST_F(SessionTest, CallsAreAnsweredAndCounted) {
  EXPECT_EQ(Result({{"act", "ask"}, {"times", 3}}), Json({"ping-pong", "ping-pong", "ping-pong"}));
  Limits limits;
  limits.calls = 2;
  EXPECT_EQ(Run({{"act", "ask"}, {"times", 3}}, limits).verdict, Verdict::kCallLimit);
}

TEST_F(SessionTest, AWorkerThatDoesNotReadItsAnswersCannotHoldTheHost) {
  Limits limits;
  limits.wall_s = 2;
  const WorkerOutcome outcome = Run({{"act", "flood"}}, limits);
  EXPECT_NE(outcome.verdict, Verdict::kDone);
}

TEST_F(SessionTest, CallsThatWaitDoNotGrowTheHost) {
  const int64_t before = ResidentMb();
  std::atomic<int64_t> peak = 0;
  std::jthread watch([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      peak = std::max(peak.load(), ResidentMb());
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  Limits limits;
  limits.wall_s = 2;
  EXPECT_EQ(Run({{"act", "hoard"}}, limits).verdict, Verdict::kWallLimit);
  // 1600 MiB were offered.
  EXPECT_LT(peak - before, 400);
}

TEST_F(SessionTest, AWorkerThatGoesOnWithoutItsChannelIsAProtocolError) {
  EXPECT_EQ(Run({{"act", "detach"}}).verdict, Verdict::kProtocolViolation);
}

TEST_F(SessionTest, LogIsKeptUpToItsLimitAndCountedBeyond) {
  Limits limits;
  limits.log_kb = 10;
  const WorkerOutcome outcome = Run({{"act", "print"}, {"lines", 1000}}, limits);
  EXPECT_EQ(outcome.verdict, Verdict::kDone);
  EXPECT_EQ(outcome.log.size(), 10240U);
  EXPECT_EQ(outcome.log_dropped, 1001000 - 10240);
}

TEST_F(SessionTest, AResultStandsWhenThreadsLinger) {
  const WorkerOutcome outcome = Run({{"act", "linger"}});
  EXPECT_EQ(outcome.verdict, Verdict::kDone);
  EXPECT_EQ(outcome.payload["result"], "lingered");
}

TEST_F(SessionTest, ASecondOutcomeIsAProtocolError) {
  EXPECT_EQ(Run({{"act", "twice"}}).verdict, Verdict::kProtocolViolation);
}

TEST_F(SessionTest, CancelEndsTheWorkerAtOnce) {
  std::stop_source source;
  std::jthread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    source.request_stop();
  });
  EXPECT_EQ(Run({{"act", "sleep"}}, {}, source.get_token()).verdict, Verdict::kCancelled);
}

TEST_F(SessionTest, AWorkerThatComputesGivesWayToOthersOfItsHost) {
  std::stop_source source;
  std::jthread computing([&] { Run({{"act", "spin"}}, {}, source.get_token()); });
  std::this_thread::sleep_for(std::chrono::seconds(1));
  EXPECT_FALSE(HasDescendantThatGaveWay());
  std::jthread other([&] { Run({{"act", "sleep"}}, {}, source.get_token()); });
  EXPECT_TRUE(Eventually(HasDescendantThatGaveWay));
  source.request_stop();
}

TEST_F(SessionTest, AMissingCheckoutIsASandboxError) {
  SessionJob job{.subtree = "absent", .job = {{"act", "identity"}}};
  const WorkerOutcome outcome = RunSession(*zygote_, job, handler_, {});
  EXPECT_EQ(outcome.verdict, Verdict::kSandboxError);
  EXPECT_THAT(outcome.reason, HasSubstr("checkout mount"));
}

TEST(ZygoteTest, AMissingProgramIsNamed) {
  auto zygote = Zygote::Start({.program = "/nonexistent/worker", .arguments = {}, .root = {}});
  ASSERT_FALSE(zygote);
  EXPECT_THAT(zygote.error().message, HasSubstr("/nonexistent/worker"));
}

TEST(ZygoteTest, AMissingStoreIsASandboxError) {
  auto zygote =
      Zygote::Start({.program = CARREL_TEST_WORKER, .arguments = {}, .root = {"/nonexistent", {}}});
  ASSERT_FALSE(zygote);
  EXPECT_EQ(zygote.error().code, Code::kSandbox);
}

TEST(ZygoteTest, AHostThatIsKilledLeavesNoProcess) {
  auto store = TempDir::Create("/tmp", "carrel-store-");
  const std::string marker = OwnMarker();
  int pipe_fds[2];
  ASSERT_EQ(::pipe(pipe_fds), 0);
  const pid_t host = ::fork();
  if (host == 0) {
    auto zygote = Zygote::Start({.program = CARREL_TEST_WORKER,
                                 .arguments = {marker},
                                 .root = {store->path().string(), {}}});
    EchoHandler handler;
    SessionJob job{.job = {{"act", "sleep"}}};
    std::jthread run([&] { RunSession(**zygote, job, handler, {}); });
    ::close(pipe_fds[1]);
    ::pause();
  }
  ::close(pipe_fds[1]);
  char byte = 0;
  ASSERT_EQ(::read(pipe_fds[0], &byte, 1), 0);
  EXPECT_TRUE(Eventually([&] { return CountMarked(marker) >= 4; }))  // with a worker
      << CountMarked(marker) << " of helper, init, zygote and worker";
  ::kill(host, SIGKILL);
  ::waitpid(host, nullptr, 0);
  EXPECT_TRUE(Eventually([&] { return CountMarked(marker) == 0; }));
  ::close(pipe_fds[0]);
}

}  // namespace
}  // namespace carrel::sandbox
