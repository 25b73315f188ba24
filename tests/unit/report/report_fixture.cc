#include "tests/unit/report/report_fixture.h"

#include <unistd.h>

#include "runtime/base/sha256.h"
#include "runtime/report/host_identity.h"

namespace carrel::report {

Result<Outcome> WriteResult(const Job& job, std::string_view bytes) {
  CARREL_TRY(WriteAll(job.output_fd, bytes));
  Outcome outcome;
  outcome.verdict = Verdict::kOk;
  outcome.rows = 3;
  outcome.bytes = bytes.size();
  outcome.sha256 = Sha256Hex(bytes);
  outcome.sandbox_tier = "full";
  return outcome;
}

Outcome PluginFailure(std::string_view kind, std::string_view message, int api_status) {
  Outcome outcome;
  outcome.verdict = Verdict::kPluginError;
  outcome.failure_kind = kind;
  outcome.message = message;
  outcome.traceback = "Traceback: " + std::string(message);
  outcome.api_status = api_status;
  return outcome;
}

Account Vendor() { return {"VA-1", "Vendor", Role::kVendor}; }
Account Admin() { return {"AD-1", "Admin", Role::kAdmin}; }

manifest::Manifest SampleManifest() {
  manifest::Manifest manifest;
  manifest.name = "Samples";
  manifest.version = "1.0.0";
  manifest.readme_file = "README.md";
  manifest::ReportDefinition report;
  report.name = "Plain";
  report.local_id = "plain";
  report.readme_file = "README.md";
  report.entrypoint = "reports.plain.entrypoint.generate";
  report.audience = {"vendor"};
  report.renderers = {{"csv", manifest::RendererType::kCsv, "CSV", "", true, Json::object()}};
  manifest.reports.push_back(report);
  report.name = "Sales";
  report.local_id = "sales";
  report.entrypoint = "reports.sales.entrypoint.generate";
  report.limits.wall_s = 20;
  report.parameters = {{"title", manifest::ParameterType::kSingleLine, "Title", "Title", true, {}}};
  report.renderers.push_back(
      {"json", manifest::RendererType::kJson, "JSON", "", false, Json::object()});
  manifest.reports.push_back(report);
  return manifest;
}

Stores::Stores(const std::filesystem::path& directory)
    : database(store::OpenSqliteDatabase(directory / "carrel.db").value()),
      reports(*database),
      templates(*database),
      repositories(*database),
      artifacts(ArtifactStore::Create(directory / "artifacts").value()) {}

Result<git::Checkout> FixedCheckouts::Get(const GitReference& reference) {
  if (on_get) on_get();
  if (!fault.empty()) return Fail(Code::kUnreachable, fault);
  git::Checkout checkout;
  checkout.path = path_;
  checkout.tree_id = reference.commit;
  return checkout;
}

ReportFixture::ReportFixture() {
  executor_.run = [](const Job& job, RunObserver&, const std::stop_token&) {
    return WriteResult(job, "\"a\";\"b\"\r\n");
  };
}

Repository ReportFixture::AddRepository(Origin origin) {
  Repository repository;
  repository.git.url = "https://example.com/samples";
  repository.git.tag = "v1";
  repository.origin = origin;
  repository.owner = {Vendor().id, Vendor().name};
  const std::string host = CurrentHostId().value();
  const Actor actor = origin == Origin::kSystem ? SystemActor() : ActorOf(Vendor(), "test");
  repository = stores_.repositories.Create(repository, host, actor, clock_.Now()).value();
  return stores_.repositories
      .Accept(repository.id, host, {std::string(40, 'a'), SampleManifest(), "Samples"},
              clock_.Now())
      .value();
}

Template ReportFixture::TemplateOf(std::string_view local_id) {
  TemplateFilter filter;
  filter.local_id = local_id;
  return stores_.templates.List(filter).value().at(0);
}

Report ReportFixture::NewReport(std::string_view local_id) {
  return NewReport(TemplateOf(local_id));
}

Report ReportFixture::NewReport(const Template& source) {
  Report report;
  report.name = "A report";
  report.source = {source.id,  source.origin,       source.repository,
                   source.git, source.requirements, source.definition};
  report.renderer = "csv";
  report.owner = Vendor();
  clock_.Advance(std::chrono::milliseconds(1));
  return stores_.reports.Create(report, ActorOf(Vendor(), "test"), clock_.Now()).value();
}

Result<std::optional<Report>> ReportFixture::Claim(std::string_view owner, std::string_view id) {
  return stores_.reports.Claim(
      {clock_.Now(), std::string(owner), std::chrono::seconds(30), std::string(id)});
}

std::unique_ptr<Dispatcher> ReportFixture::MakeDispatcher(DispatcherOptions options) {
  return Dispatcher::Create(
             {stores_.reports, stores_.templates, stores_.artifacts, checkouts_, executor_, clock_},
             options)
      .value();
}

int ReportFixture::Files() const {
  int files = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(dir_.path() / "artifacts")) {
    files += entry.is_regular_file() ? 1 : 0;
  }
  return files;
}

std::string ReportFixture::ContentOf(const Report& report) const {
  const OpenArtifact artifact = stores_.artifacts.Open(report.artifact).value();
  std::string text(artifact.size, '\0');
  EXPECT_EQ(pread(artifact.fd.get(), text.data(), text.size(), 0),
            static_cast<ssize_t>(text.size()));
  return text;
}

}  // namespace carrel::report
