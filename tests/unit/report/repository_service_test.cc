#include "runtime/report/repository_service.h"

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

  std::filesystem::path source_ = dir_.path() / "source";
  git::RepositoryCache cache_{CacheOptions()};
  SampleInspector inspector_;
  store::SecretBox secrets_ = store::SecretBox::Open(dir_.path() / "secret.key").value();
  RepositoryService service_{stores_.repositories, cache_, inspector_, secrets_, clock_, Options()};
};

TEST_F(RepositoryServiceTest, ADirectoryBecomesReadyWithItsTemplates) {
  const Repository repository = service_.Add(Vendor(), "t", Request()).value();
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
  const Repository failed = service_.Add(Vendor(), "t", Request()).value();
  EXPECT_EQ(failed.status, RepositoryState::kFailed);
  EXPECT_THAT(failed.notes, testing::HasSubstr("generrate"));
  EXPECT_THAT(failed.notes, testing::HasSubstr("README.md"));
  EXPECT_TRUE(stores_.templates.List({})->empty());
  Write("README.md", "# Sample\n");
  WriteManifest("generate");
  EXPECT_EQ(service_.Sync(Vendor(), "t", failed.id)->status, RepositoryState::kReady);
  EXPECT_EQ(stores_.templates.List({})->size(), 1U);
}

TEST_F(RepositoryServiceTest, ASyncThatFailsBlocksTheTemplates) {
  const Repository repository = service_.Add(Vendor(), "t", Request()).value();
  const Report pending = NewReport("plain");
  std::filesystem::remove(source_ / "reports.json");
  EXPECT_EQ(service_.Sync(Vendor(), "t", repository.id)->status, RepositoryState::kFailed);
  EXPECT_EQ(TemplateOf("plain").status, TemplateState::kBlocked);
  EXPECT_EQ(Get(pending.id).status, ReportState::kFailed);
}

TEST_F(RepositoryServiceTest, ADirectoryThatChangedIsNotRunAsIfItHadNot) {
  const Repository repository = service_.Add(Vendor(), "t", Request()).value();
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
  const Repository repository = service_.Add(Vendor(), "t", request).value();
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
  const Repository repository = service_.Add(Vendor(), "t", Request()).value();
  const Account other{"VA-2", "Other", Role::kVendor};
  EXPECT_EQ(service_.Get(other, repository.id).error().code, Code::kNotFound);
  EXPECT_EQ(service_.Sync(other, "t", repository.id).error().code, Code::kNotFound);
  EXPECT_EQ(service_.Remove(other, "t", repository.id).error().code, Code::kNotFound);
  EXPECT_TRUE(service_.List(other, {})->empty());
  EXPECT_EQ(service_.List(Admin(), {})->size(), 1U);
  EXPECT_TRUE(service_.Remove(Vendor(), "t", repository.id));
}

}  // namespace
}  // namespace carrel::report
