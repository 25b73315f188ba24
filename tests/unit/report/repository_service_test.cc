#include "runtime/report/repository_service.h"

#include <thread>

#include "runtime/report/checkouts.h"
#include "runtime/report/credentials.h"
#include "runtime/report/host_identity.h"
#include "runtime/report/report_json.h"
#include "tests/unit/report/report_fixture.h"

namespace carrel::report {
namespace {

// Knows the one function that the sample repository has; parsing code is the sandbox's work.
class SampleInspector final : public manifest::Inspector {
 public:
  Result<std::vector<manifest::EntrypointFacts>> Entrypoints(
      const std::filesystem::path&, std::span<const manifest::EntrypointQuery> queries) override {
    std::vector<manifest::EntrypointFacts> facts(queries.size());
    for (size_t i = 0; i < queries.size(); ++i) {
      facts[i].parsed = true;
      facts[i].found = queries[i].function == "generate";
      facts[i].min_positional = facts[i].max_positional = 5;
      facts[i].functions = {"generate"};
    }
    return facts;
  }
  Result<std::vector<manifest::WorkbookFacts>> Workbooks(
      const std::filesystem::path&, std::span<const manifest::WorkbookQuery> queries) override {
    return std::vector<manifest::WorkbookFacts>(queries.size());
  }
};

class RepositoryServiceTest : public ReportFixture {
 protected:
  RepositoryServiceTest() {
    std::filesystem::create_directories(source_ / "reports" / "plain");
    Write("README.md", "# Sample reports\n\nMore.\n");
    Write("reports/plain/entrypoint.py", "def generate(c, p, pr, r, e):\n    return []\n");
    WriteManifest("generate");
  }
  void Write(const std::string& name, std::string_view text) {
    ASSERT_TRUE(WriteFileAtomic(source_ / name, text));
  }
  void WriteManifest(const std::string& function) {
    const Json report = {{"name", "Plain"},
                         {"readme_file", "README.md"},
                         {"entrypoint", "reports.plain.entrypoint." + function},
                         {"audience", {"vendor"}},
                         {"report_spec", "2"},
                         {"parameters", Json::array()},
                         {"renderers", {{{"id", "csv"}, {"type", "csv"}, {"description", "CSV"}}}}};
    Write("reports.json", DumpJson({{"name", "Samples"},
                                    {"readme_file", "README.md"},
                                    {"version", "1.0.0"},
                                    {"language", "python"},
                                    {"reports", {report}}}));
  }
  git::CacheOptions CacheOptions() {
    git::CacheOptions options;
    options.mirrors = dir_.path() / "mirrors";
    options.checkouts = dir_.path() / "checkouts";
    return options;
  }
  RepositoryServiceOptions Options() {
    RepositoryServiceOptions options;
    options.host_id = CurrentHostId().value();
    return options;
  }
  report::AddRepository Request() {
    report::AddRepository request;
    request.kind = SourceKind::kDirectory;
    request.url = source_;
    return request;
  }

  std::filesystem::path CheckoutOf(const Repository& repository) {
    return CacheOptions().checkouts / repository.git.commit.substr(kTreePrefix.size());
  }

  std::filesystem::path source_ = dir_.path() / "source";
  git::RepositoryCache cache_{CacheOptions()};
  SampleInspector inspector_;
  store::SecretBox secrets_ = store::SecretBox::Open(dir_.path() / "secret.key").value();
  RepositoryService service_{
      {stores_.repositories, stores_.templates, cache_, inspector_, secrets_, clock_}, Options()};
};

TEST_F(RepositoryServiceTest, ADirectoryBecomesReadyWithItsTemplates) {
  const Repository repository = service_.Add(Vendor(), "t", Request()).value().repository;
  EXPECT_EQ(repository.status, RepositoryState::kReady) << repository.notes;
  EXPECT_EQ(repository.name, "Samples");
  EXPECT_EQ(repository.description, "Sample reports");
  EXPECT_EQ(repository.revision, 1);
  EXPECT_TRUE(repository.git.commit.starts_with("tree:"));
  const Template row = TemplateOf("plain");
  EXPECT_EQ(row.id, "RT-" + repository.id.substr(3) + "-0001");
  const Json json = ToJson(repository);
  EXPECT_EQ(json["status"], "ready");
  EXPECT_EQ(json["repository_type"], "custom");
}

TEST_F(RepositoryServiceTest, EveryFaultIsInTheNotesAndARepairMakesItReady) {
  WriteManifest("generrate");
  std::filesystem::remove(source_ / "README.md");
  const Repository failed = service_.Add(Vendor(), "t", Request()).value().repository;
  EXPECT_EQ(failed.status, RepositoryState::kFailed);
  EXPECT_THAT(failed.notes, testing::HasSubstr("generrate"));
  EXPECT_THAT(failed.notes, testing::HasSubstr("README.md"));
  EXPECT_TRUE(stores_.templates.List({})->empty());
  Write("README.md", "# Sample\n");
  WriteManifest("generate");
  EXPECT_EQ(service_.Sync(Vendor(), "t", failed.id)->repository.status, RepositoryState::kReady);
  EXPECT_EQ(stores_.templates.List({})->size(), 1U);
}

TEST_F(RepositoryServiceTest, ASyncThatFailsBlocksTheTemplates) {
  const Repository repository = service_.Add(Vendor(), "t", Request()).value().repository;
  const Report pending = NewReport("plain");
  std::filesystem::remove(source_ / "reports.json");
  EXPECT_EQ(service_.Sync(Vendor(), "t", repository.id)->repository.status,
            RepositoryState::kFailed);
  EXPECT_EQ(TemplateOf("plain").status, TemplateState::kBlocked);
  EXPECT_EQ(Get(pending.id).status, ReportState::kFailed);
}

TEST_F(RepositoryServiceTest, ADirectoryThatChangedIsNotRunAsIfItHadNot) {
  const Repository repository = service_.Add(Vendor(), "t", Request()).value().repository;
  GitCheckouts checkouts(cache_);
  const auto same = checkouts.Get(repository.git);
  ASSERT_TRUE(same) << same.error().message;
  EXPECT_TRUE(std::filesystem::exists(same->path / "reports.json"));
  Write("reports/plain/entrypoint.py", "changed\n");
  EXPECT_EQ(checkouts.Get(repository.git).error().code, Code::kConflict);
}

TEST_F(RepositoryServiceTest, AnAddressThatIsNotAllowedIsNotStored) {
  report::AddRepository request;
  for (const char* url : {"ext::sh -c touch x", "--upload-pack=x", "file:///etc", ""}) {
    request.url = url;
    EXPECT_FALSE(service_.Add(Vendor(), "t", request)) << url;
  }
  EXPECT_TRUE(stores_.repositories.List({})->empty());
}

TEST_F(RepositoryServiceTest, CredentialsAreSealedInTheDatabaseAndShownNowhere) {
  report::AddRepository request = Request();
  request.credentials = git::PasswordCredentials{"ann", "hunter2-hunter2"};
  const Repository repository = service_.Add(Vendor(), "t", request).value().repository;
  EXPECT_FALSE(repository.credentials.empty());
  EXPECT_EQ(repository.credentials.find("hunter2"), std::string::npos);
  EXPECT_EQ(DumpJson(ToJson(repository)).find(repository.credentials), std::string::npos);
  for (const char* suffix : {"carrel.db", "carrel.db-wal"}) {
    EXPECT_EQ(ReadFile(dir_.path() / suffix)->find("hunter2"), std::string::npos);
  }
  const std::string text =
      secrets_.Unseal(repository.credentials, "repository " + repository.id).value();
  const auto back = CredentialsFromText(text).value();
  EXPECT_EQ(std::get<git::PasswordCredentials>(back).password, "hunter2-hunter2");
}

TEST_F(RepositoryServiceTest, CredentialsOfEveryKindComeBack) {
  const auto round = [](const git::Credentials& c) {
    return CredentialsFromText(CredentialsToText(c)).value();
  };
  EXPECT_TRUE(std::holds_alternative<std::monostate>(round({})));
  EXPECT_TRUE(std::holds_alternative<git::SshAgentCredentials>(round(git::SshAgentCredentials{})));
  const auto key =
      std::get<git::SshKeyCredentials>(round(git::SshKeyCredentials{"KEY", "/k", "phrase"}));
  EXPECT_EQ(key.key, "KEY");
  EXPECT_EQ(key.file, "/k");
  EXPECT_EQ(key.passphrase, "phrase");
  EXPECT_FALSE(CredentialsFromText("{\"type\":\"other\"}"));
}

TEST_F(RepositoryServiceTest, ARepositoryOfAnotherAccountDoesNotExist) {
  const Repository repository = service_.Add(Vendor(), "t", Request()).value().repository;
  const Account other{"VA-2", "Other", Role::kVendor};
  EXPECT_EQ(service_.Get(other, repository.id).error().code, Code::kNotFound);
  EXPECT_EQ(service_.Sync(other, "t", repository.id).error().code, Code::kNotFound);
  EXPECT_EQ(service_.Remove(other, "t", repository.id).error().code, Code::kNotFound);
  EXPECT_TRUE(service_.List(other, {})->empty());
  EXPECT_EQ(service_.List(Admin(), {})->size(), 1U);
  EXPECT_TRUE(service_.Remove(Vendor(), "t", repository.id));
}

TEST_F(RepositoryServiceTest, AFaultCarriesItsCodeAndIsInTheNotes) {
  std::filesystem::remove(source_ / "reports.json");
  const Configuration invalid = service_.Add(Vendor(), "t", Request()).value();
  ASSERT_TRUE(invalid.fault);
  EXPECT_EQ(invalid.fault->code, Code::kInvalid);
  EXPECT_EQ(invalid.repository.notes, invalid.fault->message);
  std::filesystem::remove_all(source_);
  const Configuration gone = service_.Sync(Vendor(), "t", invalid.repository.id).value();
  ASSERT_TRUE(gone.fault);
  EXPECT_EQ(gone.fault->code, Code::kNotFound);
  EXPECT_EQ(gone.repository.status, RepositoryState::kFailed);
}

TEST_F(RepositoryServiceTest, ARemovedRepositoryLeavesNoFilesUnlessAnotherOneNeedsThem) {
  const Repository one = service_.Add(Vendor(), "t", Request()).value().repository;
  const Repository two = service_.Add(Vendor(), "t", Request()).value().repository;
  const std::filesystem::path checkout = CheckoutOf(one);
  ASSERT_EQ(checkout, CheckoutOf(two));
  ASSERT_TRUE(service_.Remove(Vendor(), "t", one.id));
  EXPECT_TRUE(std::filesystem::exists(checkout));
  ASSERT_TRUE(service_.Remove(Vendor(), "t", two.id));
  EXPECT_FALSE(std::filesystem::exists(checkout));
}

TEST_F(RepositoryServiceTest, TheFilesOfARunningReportStayWhenItsRepositoryIsRemoved) {
  const Repository repository = service_.Add(Vendor(), "t", Request()).value().repository;
  {
    GitCheckouts checkouts(cache_);
    const git::Checkout held = checkouts.Get(repository.git).value();
    ASSERT_TRUE(service_.Remove(Vendor(), "t", repository.id));
    EXPECT_TRUE(std::filesystem::exists(held.path / "reports.json"));
  }
  ASSERT_TRUE(cache_.RemoveCheckout(repository.git.commit.substr(kTreePrefix.size())));
  EXPECT_FALSE(std::filesystem::exists(CheckoutOf(repository)));
}

TEST_F(RepositoryServiceTest, ABudgetRemovesTheOldestFilesThatNobodyUses) {
  Write("data.txt", std::string(1 << 20, 'y'));
  const Repository first = service_.Add(Vendor(), "t", Request()).value().repository;
  Write("data.txt", std::string(1 << 20, 'x'));
  const Repository second = service_.Add(Vendor(), "t", Request()).value().repository;
  {
    GitCheckouts checkouts(cache_);
    const git::Checkout held = checkouts.Get(second.git).value();
    ASSERT_TRUE(cache_.Trim(uint64_t{1'600'000}));
    EXPECT_FALSE(std::filesystem::exists(CheckoutOf(first)));
    EXPECT_EQ(cache_.Trim(1000).error().code, Code::kLimit);
    EXPECT_TRUE(std::filesystem::exists(held.path));
  }
  ASSERT_TRUE(cache_.Trim(1000));
  EXPECT_FALSE(std::filesystem::exists(CheckoutOf(second)));
  EXPECT_TRUE(GitCheckouts(cache_).Get(second.git)) << "it is laid out again";
}

TEST_F(RepositoryServiceTest, ASyncRemovesTheFilesOfTheCommitBefore) {
  const Repository before = service_.Add(Vendor(), "t", Request()).value().repository;
  Write("data.txt", "new\n");
  const Repository after = service_.Sync(Vendor(), "t", before.id).value().repository;
  EXPECT_FALSE(std::filesystem::exists(CheckoutOf(before)));
  EXPECT_TRUE(std::filesystem::exists(CheckoutOf(after)));
}

TEST_F(RepositoryServiceTest, AnOfferUsesTheSameRowAndConfiguresItOnlyWhenItMustBe) {
  const Template first = service_.Offer(Admin(), "t", Request(), "plain").value();
  const Template again = service_.Offer(Admin(), "t", Request(), "plain").value();
  EXPECT_EQ(again.id, first.id);
  EXPECT_EQ(stores_.repositories.Get(first.repository.id)->revision, 1);
  Write("data.txt", "new\n");
  const Template moved = service_.Offer(Admin(), "t", Request(), "plain").value();
  EXPECT_EQ(moved.id, first.id);
  EXPECT_NE(moved.git.commit, first.git.commit);
  ASSERT_TRUE(stores_.templates.Block(first.id, "it failed", clock_.Now()));
  const Template mended = service_.Offer(Admin(), "t", Request(), "plain").value();
  EXPECT_EQ(mended.status, TemplateState::kEnabled);
  EXPECT_EQ(stores_.repositories.Get(first.repository.id)->revision, 3);
  EXPECT_EQ(stores_.repositories.List({})->size(), 1U);
}

TEST_F(RepositoryServiceTest, AnOfferOfABadSourceIsAnErrorAndStoresNothing) {
  EXPECT_EQ(service_.Offer(Vendor(), "t", Request(), "plain").error().code, Code::kDenied);
  std::filesystem::remove(source_ / "README.md");
  const auto invalid = service_.Offer(Admin(), "t", Request(), "plain");
  EXPECT_EQ(invalid.error().code, Code::kInvalid);
  EXPECT_THAT(invalid.error().message, testing::HasSubstr("README.md"));
  EXPECT_TRUE(stores_.repositories.List({})->empty());
  Write("README.md", "# x\n");
  const auto unknown = service_.Offer(Admin(), "t", Request(), "plaim");
  EXPECT_EQ(unknown.error().code, Code::kNotFound);
  EXPECT_THAT(unknown.error().message, testing::HasSubstr("did you mean 'plain'?"));
  const Template row = service_.Offer(Admin(), "t", Request(), "plain").value();
  ASSERT_TRUE(stores_.templates.Disable(row.id, "no", ActorOf(Admin(), "t"), clock_.Now()));
  EXPECT_EQ(service_.Offer(Admin(), "t", Request(), "plain").error().code, Code::kConflict);
}

TEST_F(RepositoryServiceTest, ManyOffersAtOnceMakeOneRepository) {
  std::vector<std::jthread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] { good += service_.Offer(Admin(), "t", Request(), "plain") ? 1 : 0; });
  }
  threads.clear();
  EXPECT_EQ(good, 6);
  EXPECT_EQ(stores_.repositories.List({})->size(), 1U);
}

}  // namespace
}  // namespace carrel::report
