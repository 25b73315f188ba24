#include <thread>

#include "runtime/report/report_state.h"
#include "tests/unit/report/report_fixture.h"

namespace carrel::report {
namespace {

class TestEnvironments final : public Environments {
 public:
  Result<Environment> Get(const EnvironmentRequest& request) override {
    ++asked;
    last = request;
    return answer(request);
  }
  std::function<Result<Environment>(const EnvironmentRequest&)> answer;
  EnvironmentRequest last;
  int asked = 0;
};

class EnvironmentDeployTest : public ReportFixture {
 protected:
  std::unique_ptr<Dispatcher> Make() {
    return Dispatcher::Create({stores_.reports, stores_.templates, stores_.artifacts, checkouts_,
                               executor_, clock_, &environments_},
                              {})
        .value();
  }
  TestEnvironments environments_;
};

TEST_F(EnvironmentDeployTest, TheJobHasTheDirectoryOfItsPackages) {
  AddRepository();
  environments_.answer = [](const EnvironmentRequest&) { return Environment{"/packages/x"}; };
  std::filesystem::path seen;
  executor_.run = [&](const Job& job, RunObserver&, std::stop_token) {
    seen = job.environment;
    return WriteResult(job, "rows");
  };
  const Report done = Make()->RunOne(NewReport().id).value();
  EXPECT_EQ(done.status, ReportState::kReady) << done.notes;
  EXPECT_EQ(seen, "/packages/x");
  EXPECT_FALSE(environments_.last.checkout.empty());
}

TEST_F(EnvironmentDeployTest, AMissingPackageFailsTheReportAndBlocksNoTemplate) {
  AddRepository();
  environments_.answer = [](const EnvironmentRequest&) -> Result<Environment> {
    return Fail(Code::kNotFound, "requirements.txt: package foo: the index x has no wheel of it");
  };
  const Report created = NewReport();
  const Report done = Make()->RunOne(created.id).value();
  EXPECT_EQ(done.status, ReportState::kFailed);
  EXPECT_EQ(done.notes,
            "deployment failed: requirements.txt: package foo: the index x has no wheel of it");
  EXPECT_EQ(executor_.runs, 0);
  EXPECT_EQ(stores_.templates.Get(created.source.id).value().status, TemplateState::kEnabled);
  EXPECT_EQ(Files(), 0);
}

TEST_F(EnvironmentDeployTest, AStopWhileItIsBuiltCancelsTheReport) {
  AddRepository();
  std::stop_source stop;
  environments_.answer = [&](const EnvironmentRequest& request) -> Result<Environment> {
    stop.request_stop();
    while (!request.stop.stop_requested()) std::this_thread::yield();
    return Fail(Code::kCancelled, "stopped while packages were installed");
  };
  const Report done = Make()->RunOne(NewReport().id, stop.get_token()).value();
  EXPECT_EQ(done.status, ReportState::kFailed);
  EXPECT_EQ(done.notes, "cancelled");
}

}  // namespace
}  // namespace carrel::report
