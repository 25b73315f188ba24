#include "runtime/report/report_store.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <mutex>
#include <set>
#include <thread>

#include "runtime/base/text.h"
#include "runtime/report/host_identity.h"
#include "runtime/report/report_json.h"
#include "tests/unit/report/report_fixture.h"

namespace carrel::report {
namespace {

class ReportStoreTest : public ReportFixture {
 protected:
  ReportStoreTest() { AddRepository(); }
  Lease LeaseOf(const Report& report, std::string owner = "other:host") {
    return {report.id, std::move(owner), report.attempts};
  }
  int64_t AuditRows(std::string_view id) {
    return stores_.database
        ->Read([&](store::Transaction& t) -> Result<int64_t> {
          CARREL_ASSIGN_OR_RETURN(
              auto rows, store::Query(t, "SELECT count(*) FROM audit WHERE object_id = ?", id));
          CARREL_TRY(rows->Step());
          return rows->Integer(0);
        })
        .value();
  }
};

// Claims until nothing is left.
std::vector<std::string> ClaimAll(ReportStore& reports, const Clock& clock,
                                  const std::string& owner) {
  std::vector<std::string> ids;
  while (true) {
    const auto claimed = reports.Claim({clock.Now(), owner, std::chrono::seconds(30), ""});
    EXPECT_TRUE(claimed) << claimed.error().message;
    if (!claimed || !*claimed) return ids;
    ids.push_back((*claimed)->id);
  }
}

TEST_F(ReportStoreTest, AReportKeepsWhatItWasMadeFrom) {
  const Report made = NewReport("sales");
  const Report read = Get(made.id);
  EXPECT_EQ(read.source.definition, made.source.definition);
  EXPECT_EQ(read.source.git.commit, std::string(40, 'a'));
  EXPECT_EQ(read.status, ReportState::kPending);
  EXPECT_EQ(read.events, made.events);
  EXPECT_EQ(read.events.at("created").by, (Reference{"VA-1", "Vendor"}));
  EXPECT_EQ(read.owner.role, Role::kVendor);
  EXPECT_EQ(stores_.reports.Get("RP-000-000-000").error().code, Code::kNotFound);
}

TEST_F(ReportStoreTest, TheOldestIsClaimedFirstAndAnIdClaimsThatOne) {
  const Report first = NewReport();
  const Report second = NewReport();
  const Report third = NewReport();
  EXPECT_EQ((*Claim("o", third.id))->id, third.id);
  clock_.Advance(std::chrono::seconds(5));
  const Report claimed = Claim("o")->value();
  EXPECT_EQ(claimed.id, first.id);
  EXPECT_EQ(claimed.status, ReportState::kDeploying);
  EXPECT_EQ(claimed.attempts, 1);
  EXPECT_GE(claimed.timing.wait.value(), std::chrono::seconds(5));
  EXPECT_EQ((*Claim("o"))->id, second.id);
  EXPECT_FALSE(Claim("o")->has_value());
  EXPECT_FALSE(Claim("o", first.id)->has_value()) << "it is claimed already";
}

TEST_F(ReportStoreTest, FourThreadsInTwoProcessesNeverClaimOneTwice) {
  constexpr size_t kReports = 120;
  for (size_t i = 0; i < kReports; ++i) NewReport();
  std::vector<pid_t> children;
  for (int process = 0; process < 2; ++process) {
    const pid_t child = fork();
    if (child == 0) {
      Stores own(dir_.path());
      std::mutex mutex;
      std::string lines;
      {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread) {
          threads.emplace_back([&] {
            for (const auto& id : ClaimAll(own.reports, clock_, std::to_string(getpid()))) {
              const std::lock_guard lock(mutex);
              lines += id + "\n";
            }
          });
        }
      }
      _exit(WriteFileAtomic(dir_.path() / ("claims" + std::to_string(process)), lines) ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  std::multiset<std::string> claimed;
  for (const char* name : {"claims0", "claims1"}) {
    for (const std::string& id : Split(ReadFile(dir_.path() / name).value(), '\n')) {
      if (!id.empty()) claimed.insert(id);
    }
  }
  EXPECT_EQ(claimed.size(), kReports);
  EXPECT_EQ(std::set<std::string>(claimed.begin(), claimed.end()).size(), kReports);
}

TEST_F(ReportStoreTest, AHeartbeatKeepsALeaseAndStoresProgress) {
  NewReport();
  const Report claimed = Claim("other:host")->value();
  for (int i = 0; i < 5; ++i) {
    clock_.Advance(std::chrono::seconds(20));
    ASSERT_TRUE(stores_.reports.Heartbeat(LeaseOf(claimed), clock_.Now() + std::chrono::seconds(30),
                                          {5, 10, "reading"}));
    EXPECT_EQ(stores_.reports.RecoverExpired(clock_.Now())->requeued, 0);
  }
  EXPECT_EQ(Get(claimed.id).progress, (Progress{5, 10, "reading"}));
}

TEST_F(ReportStoreTest, AnExpiredLeaseGoesBackTwiceThenFails) {
  const Report made = NewReport();
  for (int attempt = 1; attempt <= 2; ++attempt) {
    ASSERT_EQ(Claim("other:host")->value().attempts, attempt);
    EXPECT_EQ(stores_.reports.RecoverExpired(clock_.Now())->requeued, 0) << "not yet expired";
    clock_.Advance(std::chrono::seconds(31));
    EXPECT_EQ(stores_.reports.RecoverExpired(clock_.Now())->requeued, 1);
    EXPECT_EQ(Get(made.id).status, ReportState::kPending);
  }
  ASSERT_EQ(Claim("other:host")->value().attempts, 3);
  clock_.Advance(std::chrono::seconds(31));
  EXPECT_EQ(stores_.reports.RecoverExpired(clock_.Now())->failed, 1);
  const Report failed = Get(made.id);
  EXPECT_EQ(failed.status, ReportState::kFailed);
  EXPECT_EQ(failed.notes, "given up after 3 attempts: the host that ran it no longer answers");
}

TEST_F(ReportStoreTest, AProcessThatIsGoneLosesItsLeaseAtOnce) {
  const Report made = NewReport();
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    Stores own(dir_.path());
    const auto claimed =
        own.reports.Claim({clock_.Now(), CurrentHostId().value(), std::chrono::seconds(3600), ""});
    const char done = claimed && *claimed ? 'y' : 'n';
    (void)!write(ends[1], &done, 1);
    pause();
  }
  char done = 0;
  ASSERT_EQ(read(ends[0], &done, 1), 1);
  ASSERT_EQ(done, 'y');
  EXPECT_EQ(stores_.reports.RecoverExpired(clock_.Now())->requeued, 0) << "it still lives";
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_EQ(stores_.reports.RecoverExpired(clock_.Now())->requeued, 1);
  EXPECT_EQ(Get(made.id).status, ReportState::kPending);
  close(ends[0]);
  close(ends[1]);
}

TEST_F(ReportStoreTest, WhoLostTheLeaseCanNoLongerEndTheReport) {
  NewReport();
  const Report first = Claim("other:one")->value();
  clock_.Advance(std::chrono::seconds(31));
  ASSERT_EQ(stores_.reports.RecoverExpired(clock_.Now())->requeued, 1);
  const Lease old = LeaseOf(first, "other:one");
  EXPECT_EQ(stores_.reports.MarkReady(old, {"a", 1, "b"}, {}, clock_.Now()).error().code,
            Code::kConflict);
  const Report second = Claim("other:one")->value();  // the same host, a later attempt
  EXPECT_EQ(stores_.reports.MarkFailed(old, {"x", ""}, {}, clock_.Now()).error().code,
            Code::kConflict);
  EXPECT_EQ(stores_.reports.Heartbeat(old, clock_.Now(), {}).error().code, Code::kConflict);
  EXPECT_TRUE(
      stores_.reports.MarkReady(LeaseOf(second, "other:one"), {"a", 1, "b"}, {}, clock_.Now()));
  EXPECT_EQ(Get(first.id).status, ReportState::kReady);
}

TEST_F(ReportStoreTest, FailureOutputIsCutAndMadeUtf8) {
  NewReport();
  const Report claimed = Claim("other:host")->value();
  const std::string output = std::string(4090, 'x') + "\xFF\xC3\xA9\xC3\xA9\xC3\xA9";
  ASSERT_TRUE(stores_.reports.MarkFailed(LeaseOf(claimed), {"it broke", output}, {}, clock_.Now()));
  const Report failed = Get(claimed.id);
  EXPECT_LE(failed.failure_output.size(), kMaxFailureOutput);
  EXPECT_TRUE(IsUtf8(failed.failure_output));
  EXPECT_TRUE(failed.failure_output.ends_with(" ..."));
  EXPECT_EQ(failed.notes, "it broke");
}

TEST_F(ReportStoreTest, OnlyAnAdminCancelsAndOnlyWhatIsPending) {
  const Report report = NewReport();
  EXPECT_EQ(
      stores_.reports.Cancel(report.id, "no", ActorOf(Vendor(), "t"), clock_.Now()).error().code,
      Code::kDenied);
  EXPECT_TRUE(stores_.reports.Cancel(report.id, "no", ActorOf(Admin(), "t"), clock_.Now()));
  EXPECT_EQ(Get(report.id).status, ReportState::kFailed);
  EXPECT_EQ(Get(report.id).events.at("failed").by, (Reference{"AD-1", "Admin"}));
  EXPECT_EQ(
      stores_.reports.Cancel(report.id, "no", ActorOf(Admin(), "t"), clock_.Now()).error().code,
      Code::kConflict);
  EXPECT_EQ(AuditRows(report.id), 2);
}

TEST_F(ReportStoreTest, ABlockedTemplateTakesItsPendingReportsAlong) {
  const Report report = NewReport("plain");
  const Report other = NewReport("sales");
  const Template plain = TemplateOf("plain");
  ASSERT_TRUE(stores_.templates.Block(plain.id, "it broke", clock_.Now()));
  EXPECT_EQ(Get(report.id).status, ReportState::kFailed);
  EXPECT_THAT(Get(report.id).notes, testing::HasSubstr("it broke"));
  EXPECT_EQ(Get(other.id).status, ReportState::kPending);
  Report next = report;
  const auto created = stores_.reports.Create(next, ActorOf(Vendor(), "t"), clock_.Now());
  EXPECT_EQ(created.error().code, Code::kConflict);
  EXPECT_THAT(created.error().message, testing::HasSubstr("blocked: it broke"));
}

TEST_F(ReportStoreTest, ReportsWaitWhileTheirRepositoryIsConfigured) {
  const Report report = NewReport();
  const std::string host = CurrentHostId().value();
  const std::string id = report.source.repository.id;
  ASSERT_TRUE(stores_.repositories.BeginSync(id, host, ActorOf(Vendor(), "t"), clock_.Now()));
  EXPECT_EQ(TemplateOf("plain").status, TemplateState::kBlocked);
  EXPECT_FALSE(Claim("o")->has_value());
  ASSERT_TRUE(stores_.repositories.Accept(id, host, {std::string(40, 'b'), SampleManifest(), ""},
                                          clock_.Now()));
  EXPECT_EQ(TemplateOf("plain").status, TemplateState::kEnabled);
  EXPECT_EQ(Claim("o")->value().source.git.commit, std::string(40, 'a'))
      << "it runs the commit it was created with";
}

TEST_F(ReportStoreTest, ASyncKeepsIdsAndDisabledTemplatesAndDropsMissingOnes) {
  const Template plain = TemplateOf("plain");
  const Template sales = TemplateOf("sales");
  const Report orphan = NewReport("sales");
  ASSERT_TRUE(stores_.templates.Disable(plain.id, "later", ActorOf(Vendor(), "t"), clock_.Now()));
  const std::string host = CurrentHostId().value();
  const std::string id = plain.repository.id;
  ASSERT_TRUE(stores_.repositories.BeginSync(id, host, ActorOf(Vendor(), "t"), clock_.Now()));
  manifest::Manifest manifest = SampleManifest();
  manifest.reports[0].name = "Plain 2";
  manifest.reports[1].local_id = "fresh";
  ASSERT_TRUE(stores_.repositories.Accept(id, host, {"b", manifest, ""}, clock_.Now()));
  const Template now = TemplateOf("plain");
  EXPECT_EQ(now.id, plain.id);
  EXPECT_EQ(now.definition.name, "Plain 2");
  EXPECT_EQ(now.status, TemplateState::kDisabled);
  EXPECT_EQ(stores_.templates.Get(sales.id).error().code, Code::kNotFound);
  EXPECT_NE(TemplateOf("fresh").id, sales.id) << "ids are never used again";
  EXPECT_EQ(Get(orphan.id).status, ReportState::kFailed);
}

TEST_F(ReportStoreTest, DeletingARepositoryKeepsTheReportsAlreadyMade) {
  NewReport();
  const Report ready = Claim("other:host")->value();
  ASSERT_TRUE(stores_.reports.MarkReady(LeaseOf(ready), {"x", 1, "y"}, {}, clock_.Now()));
  const Report pending = NewReport();
  const std::string id = ready.source.repository.id;
  ASSERT_TRUE(stores_.repositories.Delete(id, ActorOf(Vendor(), "t"), clock_.Now()));
  EXPECT_EQ(Get(ready.id).status, ReportState::kReady);
  EXPECT_EQ(Get(pending.id).status, ReportState::kFailed);
  EXPECT_EQ(stores_.templates.List({})->size(), 0U);
  EXPECT_EQ(stores_.repositories.Get(id).error().code, Code::kNotFound);
}

TEST_F(ReportStoreTest, AnInterruptedConfigurationFailsTheRepository) {
  Repository repository;
  repository.owner = {"VA-1", "Vendor"};
  const Repository made =
      stores_.repositories.Create(repository, "other:host", ActorOf(Vendor(), "t"), clock_.Now())
          .value();
  EXPECT_EQ(stores_.repositories.RecoverInterrupted(clock_.Now()).value(), 0);
  EXPECT_EQ(stores_.repositories.Delete(made.id, ActorOf(Vendor(), "t"), clock_.Now()).error().code,
            Code::kConflict);
  clock_.Advance(std::chrono::seconds(121));
  EXPECT_EQ(stores_.repositories.RecoverInterrupted(clock_.Now()).value(), 1);
  EXPECT_EQ(stores_.repositories.Get(made.id)->status, RepositoryState::kFailed);
  EXPECT_EQ(stores_.repositories.Accept(made.id, "other:host", {}, clock_.Now()).error().code,
            Code::kConflict);
}

TEST_F(ReportStoreTest, TheJsonHasTheApisShape) {
  NewReport();
  const Report claimed = Claim("other:host")->value();
  RunFacts facts;
  facts.rows = 7;
  facts.timing.run = std::chrono::milliseconds(1500);
  facts.limits = Json::object();
  ASSERT_TRUE(
      stores_.reports.MarkReady(LeaseOf(claimed), {"a.1.csv", 12, "ff"}, facts, clock_.Now()));
  const Json json = ToJson(Get(claimed.id));
  EXPECT_EQ(json["status"], "ready");
  EXPECT_EQ(json["rows"], 7);
  EXPECT_EQ(json["report_size"], 12);
  EXPECT_EQ(json["timing"]["run"], 1.5);
  EXPECT_EQ(json["template"]["repository"]["git"]["tag"], "v1");
  EXPECT_EQ(json["events"]["created"]["by"]["id"], "VA-1");
  EXPECT_FALSE(json["events"]["ready"].contains("by"));
  EXPECT_EQ(ToJson(Get(claimed.id), Dialect::kConnect)["status"], "succeeded");
  const TemplateStats stats = stores_.templates.Stats(claimed.source.id).value();
  EXPECT_EQ(stats.success, 1);
  EXPECT_EQ(stats.runtime_avg, 1.5);
  const Json row = ToJson(TemplateOf("plain"), stats);
  EXPECT_EQ(row["default_renderer"], "csv");
  EXPECT_EQ(row["stats"]["success"], 1);
}

TEST(HostIdentityTest, AnotherMachineCannotBeJudged) {
  const std::string self = CurrentHostId().value();
  EXPECT_EQ(LivenessOf(self), Liveness::kAlive);
  EXPECT_EQ(LivenessOf("x" + self), Liveness::kUnknown);
  EXPECT_EQ(LivenessOf(""), Liveness::kUnknown);
}

}  // namespace
}  // namespace carrel::report
