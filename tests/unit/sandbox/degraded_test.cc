// Tier::kDegraded: what holds where no namespace can be had, and what it takes to get there.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <string>
#include <vector>

#include "runtime/base/files.h"
#include "sandbox/confinement.h"
#include "sandbox/landlock.h"
#include "sandbox/session.h"
#include "sandbox/zygote.h"
#include "tests/support/eventually.h"
#include "tests/unit/sandbox/marked_processes.h"
#include "tests/unit/sandbox/no_user_namespaces.h"

namespace carrel::sandbox {
namespace {

using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;

class Quiet final : public SessionHandler {
 public:
  Answer OnCall(const Json&, std::string_view, std::stop_token) override { return {}; }
  void OnProgress(const Json&) override {}
  void OnLog(std::string_view) override {}
};

// Its tests are disabled: DegradedTier below runs each as an ordinary user without namespaces.
class Degraded : public testing::Test {
 protected:
  void SetUp() override {
    ::chmod(store_.path().c_str(), 0755);
    for (const char* name : {"one", "two"}) {
      ASSERT_TRUE(MakeDirectories(store_.path() / name));
      ASSERT_TRUE(WriteFileAtomic(store_.path() / name / "mine.txt", "mine"));
    }
  }

  ZygoteOptions Options(std::vector<std::string> arguments = {}) const {
    return {.program = CARREL_TEST_WORKER,
            .arguments = std::move(arguments),
            .root = {store_.path().string(), {}},
            .degraded = DegradedTier::kAllowed};
  }

  Zygote& Started() {
    if (!zygote_) {
      auto started = Zygote::Start(Options());
      if (!started) ADD_FAILURE() << started.error().message;
      if (!started) std::abort();
      zygote_ = std::move(*started);
    }
    return *zygote_;
  }

  WorkerOutcome Run(Json job, Limits limits = {}) {
    Quiet handler;
    return RunSession(Started(), {.subtree = "one", .limits = limits, .job = std::move(job)},
                      handler, {});
  }

  Json Result(Json job, Limits limits = {}) {
    const WorkerOutcome outcome = Run(std::move(job), limits);
    EXPECT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
    return outcome.payload.is_object() ? outcome.payload["result"] : Json();
  }

  std::string Mine(const char* subtree) const {
    return (store_.path() / subtree / "mine.txt").string();
  }

  TempDir store_ = *TempDir::Create("/tmp", "carrel-store-");
  std::unique_ptr<Zygote> zygote_;
};

TEST_F(Degraded, DISABLED_IsRefusedUnlessAskedFor) {
  ZygoteOptions options = Options();
  options.degraded = DegradedTier::kRefused;
  const auto refused = Zygote::Start(options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kSandbox);
  EXPECT_THAT(refused.error().message, HasSubstr("max_user_namespaces"));
  EXPECT_THAT(refused.error().message, HasSubstr("--sandbox degraded"));
  EXPECT_EQ(Started().layers().tier, Tier::kDegraded);
  EXPECT_THAT(Describe(Started().layers()), HasSubstr("degraded (Landlock"));
}

TEST_F(Degraded, DISABLED_ReadsItsOwnCheckoutAndNothingElse) {
  EXPECT_EQ(Result({{"act", "open"}, {"path", Mine("one")}}), "ok");
  EXPECT_EQ(Result({{"act", "open"}, {"path", Mine("two")}}), "EACCES");
  EXPECT_EQ(Result({{"act", "open"}, {"path", "/dev/urandom"}}), "ok");
  for (const char* path : {"/etc/passwd", "/proc/self/environ", "/proc/version", "/bin/sh", "/tmp",
                           "/", "/dev/tty", "/sys/kernel"}) {
    EXPECT_EQ(Result({{"act", "open"}, {"path", path}}), "EACCES") << path;
  }
}

TEST_F(Degraded, DISABLED_WritesNothingButItsOutput) {
  for (const std::string& path : {std::string("/tmp/new"), Mine("one"), Mine("one") + ".new",
                                  std::string("/dev/shm/new"), store_.path().string() + "/new"}) {
    EXPECT_EQ(Result({{"act", "write"}, {"path", path}}), "EACCES") << path;
  }
  EXPECT_EQ(Result({{"act", "write"}, {"path", "/dev/null"}}), "ok");
  for (const char* subtree : {"one", "two"}) {
    const Json change = Result({{"act", "change"}, {"path", Mine(subtree)}});
    EXPECT_GE(change.size(), 11U);
    for (const auto& [name, answer] : change.items()) EXPECT_EQ(answer, "EPERM") << name;
    EXPECT_EQ(*ReadFile(Mine(subtree), 100), "mine");
  }
}

TEST_F(Degraded, DISABLED_ReachesNoOtherProcess) {
  const Json reach = Result({{"act", "reach"}, {"other", ::getpid()}});
  EXPECT_GE(reach.size(), 11U);
  for (const auto& [name, answer] : reach.items()) {
    EXPECT_THAT(answer.get<std::string>(), AnyOf("EPERM", "EACCES")) << name;
  }
  EXPECT_EQ(Run({{"act", "ptrace"}, {"other", ::getpid()}}).verdict, Verdict::kKilledByPolicy);
}

TEST_F(Degraded, DISABLED_CallsMeetTheSameFilter) {
  const Json calls = Result({{"act", "calls"}});
  for (const auto& [name, answer] : calls.items()) EXPECT_EQ(answer, "EPERM") << name;
  EXPECT_EQ(Run({{"act", "mount"}}).verdict, Verdict::kKilledByPolicy);
  EXPECT_EQ(Run({{"act", "unshare"}}).verdict, Verdict::kKilledByPolicy);
  const WorkerOutcome aborted = Run({{"act", "abort"}});
  EXPECT_EQ(aborted.verdict, Verdict::kCrashed);
  EXPECT_THAT(aborted.reason, HasSubstr("Abort")) << "abort() signals the own process";
}

TEST_F(Degraded, DISABLED_HasNoDescriptorOrVariableOfTheHost) {
  ::setenv("CARREL_CANARY", "canary-value", 1);
  const Json identity = Result({{"act", "identity"}});
  EXPECT_THAT(identity["fds"].get<std::vector<int>>(), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(identity["environment"].dump(), testing::Not(HasSubstr("CANARY")));
}

TEST_F(Degraded, DISABLED_LimitsEndTheWorkerWithTheirVerdicts) {
  Limits limits;
  limits.cpu_s = 1;
  limits.idle_s = 300;  // a busy machine gives a worker that computes little time
  EXPECT_EQ(Run({{"act", "spin"}}, limits).verdict, Verdict::kCpuLimit);
  limits = {};
  limits.wall_s = 1;
  EXPECT_EQ(Run({{"act", "sleep"}}, limits).verdict, Verdict::kWallLimit);
  limits = {};
  limits.memory_mb = 64;
  EXPECT_EQ(Run({{"act", "memory"}}, limits).verdict, Verdict::kMemoryLimit);
}

TEST_F(Degraded, DISABLED_TheHostCountsThreadsWhereTheKernelCountsAUsers) {
  Limits limits;
  limits.threads = 8;
  const WorkerOutcome outcome = Run({{"act", "threads"}, {"stay", true}}, limits);
  EXPECT_EQ(outcome.verdict, Verdict::kThreadLimit) << outcome.reason;
  EXPECT_THAT(outcome.reason, HasSubstr("threads = 8"));
}

TEST_F(Degraded, DISABLED_AFaultAtAnyStepEndsTheWorkerBeforeItReadsAnything) {
  std::vector<std::string> names;
  for (const auto& steps : {ParkingSteps(Tier::kDegraded), ConfiningSteps(Tier::kDegraded)}) {
    for (const ConfinementStep& step : steps) names.emplace_back(step.name);
  }
  ASSERT_GE(names.size(), 7U);
  for (const std::string& step : names) {
    zygote_.reset();
    auto started = Zygote::Start(Options({"--fail", step, std::to_string(EPERM)}));
    ASSERT_TRUE(started) << step << ": " << started.error().message;
    zygote_ = std::move(*started);
    const WorkerOutcome outcome = Run({{"act", "print"}});
    EXPECT_EQ(outcome.verdict, Verdict::kSandboxError) << step;
    EXPECT_THAT(outcome.reason, HasSubstr(step));
    EXPECT_EQ(outcome.log, "") << "the job ran after " << step << " had failed";
  }
}

TEST_F(Degraded, DISABLED_AHostThatIsKilledLeavesNoProcess) {
  const std::string marker = OwnMarker();
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t host = ::fork();
  if (host == 0) {
    ::prctl(PR_SET_NAME, "host");
    auto zygote = Zygote::Start(Options({marker}));
    Quiet handler;
    std::jthread run(
        [&] { RunSession(**zygote, {.subtree = "one", .job = {{"act", "sleep"}}}, handler, {}); });
    ::close(ready[1]);
    ::pause();
  }
  ::close(ready[1]);
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 0);
  EXPECT_TRUE(Eventually([&] { return CountMarked(marker) >= 4; }))  // with a worker
      << CountMarked(marker) << " of helper, init, zygote and worker";
  ::kill(host, SIGKILL);
  ::waitpid(host, nullptr, 0);
  EXPECT_TRUE(Eventually([&] { return CountMarked(marker) == 0; }));
  ::close(ready[0]);
}

constexpr uid_t kOrdinaryUser = 65531;

TEST(DegradedTier, HoldsForAnOrdinaryUserWithoutNamespaces) {
  if (LandlockAbi() < kDegradedLandlockAbi) GTEST_SKIP() << "the tier needs a newer Landlock";
  const uid_t user = ::geteuid() == 0 ? kOrdinaryUser : ::geteuid();
  EXPECT_EQ(RunWithoutUserNamespaces("Degraded.DISABLED_*", user), 0);
}

TEST(DegradedTier, IsNotUsedWhereNamespacesCanBeHad) {
  auto store = TempDir::Create("/tmp", "carrel-store-");
  ASSERT_TRUE(store);
  auto zygote = Zygote::Start({.program = CARREL_TEST_WORKER,
                               .arguments = {},
                               .root = {store->path().string(), {}},
                               .degraded = DegradedTier::kAllowed});
  ASSERT_TRUE(zygote) << zygote.error().message;
  EXPECT_EQ((*zygote)->layers().tier, Tier::kFull);
}

}  // namespace
}  // namespace carrel::sandbox
