// The zygote as a whole: tiers, faults at every step, parked workers, control groups.
#include "sandbox/zygote.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "runtime/base/files.h"
#include "sandbox/confinement.h"
#include "sandbox/landlock.h"
#include "sandbox/session.h"
#include "tests/support/eventually.h"
#include "tests/unit/sandbox/no_user_namespaces.h"

namespace carrel::sandbox {
namespace {

using testing::AllOf;
using testing::Ge;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::SizeIs;

class Quiet final : public SessionHandler {
 public:
  Answer OnCall(const Json&, std::string_view, std::stop_token) override { return {}; }
  void OnProgress(const Json&) override {}
  void OnLog(std::string_view) override {}
};

class ZygoteTreeTest : public testing::Test {
 protected:
  void SetUp() override {
    ::chmod(store_.path().c_str(), 0755);
    ASSERT_TRUE(MakeDirectories(store_.path() / "one"));
    ASSERT_TRUE(WriteFileAtomic(store_.path() / "one" / "mine.txt", "mine"));
  }

  ZygoteOptions Options(std::vector<std::string> arguments = {}) const {
    return {.program = CARREL_TEST_WORKER,
            .arguments = std::move(arguments),
            .root = {store_.path().string(), {}}};
  }

  static WorkerOutcome Run(Zygote& zygote, Json job, Limits limits = {}) {
    Quiet handler;
    return RunSession(zygote, {.subtree = "one", .limits = limits, .job = std::move(job)}, handler,
                      {});
  }

  static Json Result(Zygote& zygote, Json job) {
    const WorkerOutcome outcome = Run(zygote, std::move(job));
    EXPECT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
    return outcome.payload.is_object() ? outcome.payload["result"] : Json();
  }

  TempDir store_ = *TempDir::Create("/tmp", "carrel-store-");
};

std::vector<std::string> AllSteps() {
  std::vector<std::string> names;
  for (const auto& steps : {ParkingSteps(Tier::kFull), ConfiningSteps(Tier::kFull)}) {
    for (const ConfinementStep& step : steps) names.emplace_back(step.name);
  }
  return names;
}

TEST_F(ZygoteTreeTest, AFaultAtAnyStepEndsTheWorkerBeforeItReadsAnything) {
  ASSERT_GE(AllSteps().size(), 12U);
  for (const std::string& step : AllSteps()) {
    for (const int error : {EPERM, ENOMEM}) {
      auto zygote = Zygote::Start(Options({"--fail", step, std::to_string(error)}));
      ASSERT_TRUE(zygote) << step << ": " << zygote.error().message;
      const WorkerOutcome outcome = Run(**zygote, {{"act", "print"}});
      EXPECT_EQ(outcome.verdict, Verdict::kSandboxError) << step;
      EXPECT_THAT(outcome.reason, HasSubstr(step));
      EXPECT_EQ(outcome.log, "") << "the job ran after " << step << " had failed";
    }
  }
}

TEST_F(ZygoteTreeTest, AFaultWhileTheZygoteStartsIsAnErrorOfTheStart) {
  for (const char* step : {"helper namespaces", "root"}) {
    const auto zygote = Zygote::Start(Options({"--fail", step, std::to_string(EPERM)}));
    ASSERT_FALSE(zygote) << step;
    EXPECT_EQ(zygote.error().code, Code::kSandbox);
    EXPECT_THAT(zygote.error().message, HasSubstr(step));
  }
}

TEST_F(ZygoteTreeTest, KnowsItsLayers) {
  auto zygote = Zygote::Start(Options());
  ASSERT_TRUE(zygote) << zygote.error().message;
  EXPECT_EQ((*zygote)->layers().tier, Tier::kFull);
  EXPECT_EQ((*zygote)->layers().landlock_abi, LandlockAbi());
  EXPECT_EQ((*zygote)->layers().cgroups, "none");
}

TEST_F(ZygoteTreeTest, ARootHostWithoutUserNamespacesUsesAccountsInstead) {
  if (::geteuid() != 0) GTEST_SKIP() << "the tier is one of root";
  EXPECT_EQ(RunWithoutUserNamespaces("ZygoteTreeTest.DISABLED_InTheRootTier", 0), 0);
}

TEST_F(ZygoteTreeTest, DISABLED_InTheRootTier) {
  auto zygote = Zygote::Start(Options());
  ASSERT_TRUE(zygote) << zygote.error().message;
  EXPECT_EQ((*zygote)->layers().tier, Tier::kRoot);
  const Json identity = Result(**zygote, {{"act", "identity"}});
  EXPECT_EQ(identity["pid"], 1);
  EXPECT_GT(identity["uid"], kRootHostWorkerId);
  EXPECT_NE(identity["uid"], Result(**zygote, {{"act", "identity"}})["uid"]);
  EXPECT_EQ(Result(**zygote, {{"act", "open"}, {"path", "/plugin/mine.txt"}}), "ok");
  EXPECT_EQ(Result(**zygote, {{"act", "open"}, {"path", "/etc/shadow"}}), "ENOENT");
  EXPECT_EQ(Result(**zygote, {{"act", "list"}, {"path", "/store"}}), Json::array());
  EXPECT_EQ(Result(**zygote, {{"act", "write"}, {"path", "/plugin/new"}}), "EROFS");
  const Json calls = Result(**zygote, {{"act", "calls"}});
  for (const auto& [name, answer] : calls.items()) EXPECT_EQ(answer, "EPERM") << name;
  EXPECT_EQ(Run(**zygote, {{"act", "mount"}}).verdict, Verdict::kKilledByPolicy);
}

TEST_F(ZygoteTreeTest, ParkedWorkersServeOneJobEachAndAreReplaced) {
  ZygoteOptions options = Options();
  options.spares = 3;
  auto zygote = Zygote::Start(options);
  ASSERT_TRUE(zygote) << zygote.error().message;
  const auto filled = [&] { return (*zygote)->parked() == 3; };
  EXPECT_TRUE(Eventually(filled));
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(Result(**zygote, {{"act", "write"}, {"path", "/tmp/left"}}), "ok");
    EXPECT_EQ(Result(**zygote, {{"act", "list"}, {"path", "/tmp"}}), Json::array());
  }
  EXPECT_TRUE(Eventually(filled));
}

TEST_F(ZygoteTreeTest, AParkedWorkerThatDiedIsNotGivenToAReport) {
  ZygoteOptions options = Options();
  options.spares = 1;
  auto zygote = Zygote::Start(options);
  ASSERT_TRUE(zygote) << zygote.error().message;
  ASSERT_TRUE(Eventually([&] { return (*zygote)->parked() == 1; }));
  {
    auto worker = (*zygote)->Take();
    ASSERT_TRUE(worker) << worker.error().message;
    ASSERT_GT(worker->pid, 0);
  }
  ASSERT_TRUE(Eventually([&] { return (*zygote)->parked() == 1; }));
  auto next = (*zygote)->Take();
  ASSERT_TRUE(next);
  ASSERT_EQ(::kill(next->pid, SIGKILL), 0);
  EXPECT_EQ(Result(**zygote, {{"act", "open"}, {"path", "/plugin/mine.txt"}}), "ok");
}

// Directories of the control groups that this process made, in every hierarchy. Groups of other
// processes come and go meanwhile.
void AddGroupsBelow(const std::filesystem::path& directory,
                    std::vector<std::filesystem::path>& groups) {
  std::error_code error;
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code gone;
    if (!std::filesystem::is_directory(it->symlink_status(gone))) continue;
    const std::string name = it->path().filename();
    if (name.starts_with(fmt::format("carrel-{}-", ::getpid()))) groups.push_back(it->path());
    AddGroupsBelow(it->path(), groups);
  }
}

std::vector<std::filesystem::path> GroupsOfThisProcess() {
  std::vector<std::filesystem::path> groups;
  AddGroupsBelow("/sys/fs/cgroup", groups);
  return groups;
}

// A worker that calls is at its job, and in its group.
class KillsTheCaller final : public SessionHandler {
 public:
  Answer OnCall(const Json&, std::string_view, std::stop_token) override {
    std::set<pid_t> processes;  // each is listed by several hierarchies
    for (const auto& group : GroupsOfThisProcess()) {
      std::ifstream list(group / "cgroup.procs");
      for (pid_t process = 0; list >> process;) processes.insert(process);
    }
    for (const pid_t process : processes) killed += ::kill(process, SIGKILL) == 0 ? 1 : 0;
    return {};
  }
  void OnProgress(const Json&) override {}
  void OnLog(std::string_view) override {}

  std::atomic<int> killed = 0;
};

class CgroupTest : public ZygoteTreeTest {
 protected:
  void SetUp() override {
    ZygoteTreeTest::SetUp();
    if (cgroups_->version() == CgroupVersion::kNone) GTEST_SKIP() << cgroups_->reason();
    ZygoteOptions options = Options();
    options.cgroups = cgroups_.get();
    auto started = Zygote::Start(options);
    ASSERT_TRUE(started) << started.error().message;
    zygote_ = std::move(*started);
  }

  std::unique_ptr<CgroupPool> cgroups_ = CgroupPool::Open();
  std::unique_ptr<Zygote> zygote_;
};

TEST_F(CgroupTest, TheKernelsCountTellsMemoryFromOtherKills) {
  Limits limits;
  limits.memory_mb = 64;
  limits.tmp_mb = 1;
  const WorkerOutcome outcome = Run(*zygote_, {{"act", "memory"}}, limits);
  EXPECT_EQ(outcome.verdict, Verdict::kMemoryLimit) << outcome.reason;
  EXPECT_THAT(outcome.reason, HasSubstr("memory_mb = 64"));
  EXPECT_LT(outcome.usage.max_rss_kb, 100 * 1024);
}

TEST_F(CgroupTest, AKillFromOutsideIsNotCalledALackOfMemory) {
  KillsTheCaller handler;
  const WorkerOutcome outcome =
      RunSession(*zygote_, {.subtree = "one", .job = {{"act", "ask"}}}, handler, {});
  EXPECT_EQ(handler.killed, 1);
  EXPECT_EQ(outcome.verdict, Verdict::kCrashed) << outcome.reason;
}

TEST_F(CgroupTest, GroupsAreUsedAgainAndGoWithThePool) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Result(*zygote_, {{"act", "open"}, {"path", "/plugin/mine.txt"}}), "ok");
  }
  EXPECT_THAT(GroupsOfThisProcess(), SizeIs(AllOf(Ge(1U), Le(4U))));
  zygote_.reset();
  cgroups_.reset();
  EXPECT_THAT(GroupsOfThisProcess(), IsEmpty());
}

}  // namespace
}  // namespace carrel::sandbox
