// A real database, artifact store and repository directory for the tests of runtime/report, and
// an Executor whose runs are functions of the test.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/files.h"
#include "runtime/report/artifact_store.h"
#include "runtime/report/dispatcher.h"
#include "runtime/report/executor.h"
#include "runtime/report/report_service.h"
#include "runtime/report/repository_service.h"
#include "runtime/report/template_store.h"
#include "runtime/store/database.h"

namespace carrel::report {

class ManualClock final : public Clock {
 public:
  Timestamp Now() const override { return Timestamp(std::chrono::microseconds(now_.load())); }
  void Advance(std::chrono::microseconds step) { now_ += step.count(); }

 private:
  std::atomic<int64_t> now_{1'600'000'000'000'000};
};

using RunFunction = std::function<Result<Outcome>(const Job&, RunObserver&, std::stop_token)>;

class TestExecutor final : public Executor {
 public:
  Result<Outcome> Execute(const Job& job, RunObserver& observer, std::stop_token stop) override {
    ++runs;
    return run(job, observer, std::move(stop));
  }
  RunFunction run;
  std::atomic<int> runs = 0;
};

// Writes `bytes` into the job's file and says so, truly.
Result<Outcome> WriteResult(const Job& job, std::string_view bytes);
Outcome PluginFailure(std::string_view kind, std::string_view message, int api_status = 0);

Account Vendor();
Account Admin();

// Two reports: "sales" (a required single_line parameter `title`, csv and json) and "plain".
manifest::Manifest SampleManifest();

struct Stores {
  explicit Stores(const std::filesystem::path& directory);
  std::unique_ptr<store::Database> database;
  SqlReportStore reports;
  SqlTemplateStore templates;
  SqlRepositoryStore repositories;
  ArtifactStore artifacts;
};

// Checkouts of one fixed directory.
class FixedCheckouts final : public Checkouts {
 public:
  explicit FixedCheckouts(std::filesystem::path path) : path_(std::move(path)) {}
  Result<git::Checkout> Get(const GitReference& reference) override;
  std::string fault;             // not empty: Get fails
  std::function<void()> on_get;  // called first

 private:
  std::filesystem::path path_;
};

class ReportFixture : public testing::Test {
 protected:
  ReportFixture();

  // A ready repository with SampleManifest; its id.
  Repository AddRepository(Origin origin = Origin::kCustom);
  Template TemplateOf(std::string_view local_id);
  Report NewReport(std::string_view local_id = "plain");
  Report NewReport(const Template& source);
  Result<std::optional<Report>> Claim(std::string_view owner, std::string_view id = "");

  std::unique_ptr<Dispatcher> MakeDispatcher(DispatcherOptions options = {});
  ReportService Service() {
    return ReportService(stores_.reports, stores_.templates, stores_.artifacts, clock_);
  }
  Report Get(std::string_view id) { return stores_.reports.Get(id).value(); }
  int Files() const;  // in the artifact store, temporary ones too
  std::string ContentOf(const Report& report) const;

  TempDir dir_ = TempDir::Create("/tmp", "carrel-report-").value();
  ManualClock clock_;
  Stores stores_{dir_.path()};
  TestExecutor executor_;
  FixedCheckouts checkouts_{dir_.path()};
};

}  // namespace carrel::report
