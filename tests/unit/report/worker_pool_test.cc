#include "runtime/report/worker_pool.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <thread>
#include <vector>

#include "runtime/base/files.h"

namespace carrel::report {
namespace {
namespace fs = std::filesystem;

using ZygotePtr = std::shared_ptr<sandbox::Zygote>;

// Real zygotes of the real worker.
class WorkerPoolTest : public testing::Test {
 protected:
  WorkerPoolTest() {
    chmod(directory_.path().c_str(), 0755);
    for (const char* name : {"a", "b", "c"}) fs::create_directories(Environment(name));
  }
  fs::path Environment(const char* name) const { return directory_.path() / "environments" / name; }
  ZygotePtr Get(const fs::path& environment = {}) {
    auto zygote = pool_.Get("python", environment);
    EXPECT_TRUE(zygote) << (zygote ? "" : zygote.error().message);
    return zygote ? *zygote : nullptr;
  }

  const TempDir directory_ = TempDir::Create(testing::TempDir(), "pool-").value();
  WorkerPool pool_{{.worker = CARREL_WORKER_PROGRAM,
                    .python_packages = CARREL_PYTHON_PACKAGES,
                    .store = directory_.path(),
                    .environments = 2}};
};

TEST_F(WorkerPoolTest, EveryEnvironmentHasAZygoteOfItsOwn) {
  const ZygotePtr none = Get();
  const ZygotePtr a = Get(Environment("a"));
  EXPECT_NE(a, none);
  EXPECT_NE(Get(Environment("b")), a);
  EXPECT_EQ(Get(Environment("a")), a);
  EXPECT_EQ(Get(), none);
}

TEST_F(WorkerPoolTest, TheLeastRecentlyUsedEnvironmentGoesAndWhoRunsInItStays) {
  const ZygotePtr none = Get();
  ZygotePtr a = Get(Environment("a"));
  const ZygotePtr b = Get(Environment("b"));
  EXPECT_EQ(Get(Environment("a")), a);
  const ZygotePtr c = Get(Environment("c"));  // b was used longest ago
  EXPECT_EQ(Get(Environment("a")), a);
  EXPECT_EQ(Get(Environment("c")), c);
  EXPECT_EQ(Get(), none);
  EXPECT_TRUE(b->alive());
  EXPECT_TRUE(b->Take());
  EXPECT_NE(Get(Environment("b")), b);
  const std::weak_ptr<sandbox::Zygote> evicted = a;
  a.reset();
  EXPECT_TRUE(evicted.expired());
}

TEST_F(WorkerPoolTest, ADirectoryThatWasBuiltAgainGetsANewZygote) {
  const ZygotePtr before = Get(Environment("a"));
  fs::remove(Environment("a"));
  fs::create_directories(Environment("a"));
  const ZygotePtr after = Get(Environment("a"));
  EXPECT_NE(after, before);
  EXPECT_EQ(Get(Environment("a")), after);
}

TEST_F(WorkerPoolTest, AMissingEnvironmentIsAnErrorThatNamesIt) {
  const auto zygote = pool_.Get("python", Environment("gone"));
  ASSERT_FALSE(zygote);
  EXPECT_EQ(zygote.error().code, Code::kSandbox);
  EXPECT_NE(zygote.error().message.find("environment gone"), std::string::npos)
      << zygote.error().message;
}

TEST_F(WorkerPoolTest, ManyThreadsMayAskForManyEnvironments) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([this, i] {
      for (const char* name : {"a", "b", "c"}) {
        const char* const own = i % 2 == 0 ? name : "a";
        EXPECT_TRUE(pool_.Get("python", Environment(own)));
      }
    });
  }
}

}  // namespace
}  // namespace carrel::report
