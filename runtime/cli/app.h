// The whole runtime inside this process, wired from the settings: the store, the services over it,
// and what runs a report.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/cli/host.h"
#include "runtime/cli/usage_host.h"
#include "runtime/net/http_client.h"
#include "runtime/report/artifact_store.h"
#include "runtime/report/checkouts.h"
#include "runtime/report/connection.h"
#include "runtime/report/dispatcher.h"
#include "runtime/report/report_service.h"
#include "runtime/report/repository_service.h"
#include "runtime/report/sandbox_executor.h"
#include "runtime/store/database.h"
#include "runtime/store/secret_box.h"

namespace carrel::cli {

inline constexpr std::string_view kOrigin = "cli";

// Who acts on a command line: the operator, who may see everything.
report::Account OperatorOf(const Settings& settings);

// The connection "default" to api.endpoint, then each "NAME=URL" of `extra`, whose credential is
// CARREL_API_KEY_<NAME>, then `local`, unless one of these has its name. What may be done to data
// of this runtime is granted by local.access, everything else by api.access. kUsage for a text
// without '='.
Result<report::ConnectionSet> ConnectionsOf(const Settings& settings,
                                            const std::vector<std::string>& extra,
                                            api::LocalConnection& local);

// The members are thread-safe.
class App {
 public:
  // Opens (and migrates) the store and recovers what a process that died left behind. `observer`
  // may be null; it outlives the app.
  static Result<std::unique_ptr<App>> Open(const Settings& settings,
                                           const std::vector<std::string>& connections = {},
                                           report::DispatchObserver* observer = nullptr);

  Host& host() { return *host_; }
  const Clock& clock() const { return clock_; }
  const std::string& host_id() const { return host_id_; }
  // "runtime environment" of the Info sheet and of summary.json.
  const std::string& environment() const { return environment_; }
  report::RepositoryStore& repositories() { return repositories_; }
  report::TemplateStore& templates() { return templates_; }
  report::ReportService& reports() { return report_service_; }
  report::RepositoryService& repository_service() { return repository_service_; }
  report::Dispatcher& dispatcher() { return *dispatcher_; }

 private:
  struct Parts {
    std::unique_ptr<Host> host;
    std::unique_ptr<store::Database> database;
    store::SecretBox secrets;
    report::ArtifactStore artifacts;
    report::ConnectionSet connections;
    std::string host_id;
    std::unique_ptr<UsageHost> usage;
  };
  App(const Settings& settings, Parts parts);
  Status Start(const Settings& settings, report::DispatchObserver* observer);

  // Constant after construction; in the order in which they use each other.
  const SystemClock clock_;
  const std::string host_id_;
  const std::string environment_;
  const std::unique_ptr<Host> host_;
  const std::unique_ptr<store::Database> database_;
  const store::SecretBox secrets_;
  report::ArtifactStore artifacts_;
  const std::unique_ptr<UsageHost> usage_;
  const report::ConnectionSet connections_;
  net::HttpClient http_;
  report::SqlRepositoryStore repositories_;
  report::SqlTemplateStore templates_;
  report::SqlReportStore reports_;
  report::GitCheckouts checkouts_;
  report::SandboxExecutor executor_;
  report::ReportService report_service_;
  report::RepositoryService repository_service_;
  std::unique_ptr<report::Dispatcher> dispatcher_;
};

}  // namespace carrel::cli
