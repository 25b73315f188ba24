// This machine as a place that can fetch repositories and run code confined: the parts that need
// no database.
#pragma once

#include <filesystem>
#include <memory>

#include "runtime/base/result.h"
#include "runtime/cli/settings.h"
#include "runtime/git/repository_cache.h"
#include "runtime/report/environment_store.h"
#include "runtime/report/sandbox_inspector.h"
#include "runtime/report/worker_pool.h"

namespace carrel::cli {

// What lies where below the data directory.
struct DataPaths {
  explicit DataPaths(const std::filesystem::path& data);

  std::filesystem::path root;
  std::filesystem::path database;      // carrel.db
  std::filesystem::path mirrors;       // bare repositories
  std::filesystem::path store;         // all that workers may mount
  std::filesystem::path checkouts;     // inside the store
  std::filesystem::path environments;  // inside the store too
  std::filesystem::path artifacts;     // results
  std::filesystem::path key;           // secret.key
  std::filesystem::path usage;         // spreadsheets of usage files
  std::filesystem::path hosts;         // a lock for each host that lives
};

git::UrlPolicy UrlPolicyOf(const Settings& settings);

// The members are thread-safe.
class Host {
 public:
  // Makes the directories. kIo or kDenied when the data directory cannot be used.
  static Result<std::unique_ptr<Host>> Open(const Settings& settings);

  // kSandbox when the worker program is missing: known before anything is fetched.
  Status CheckWorker() const;
  // A zygote of the language stands ready. kSandbox with the layer that is missing.
  Status Warm(std::string_view language);

  const DataPaths& paths() const { return paths_; }
  const git::RepositoryCache& cache() const { return cache_; }
  report::EnvironmentStore& environments() { return environments_; }
  report::WorkerPool& workers() { return workers_; }
  report::SandboxInspector& inspector() { return inspector_; }

 private:
  Host(const Settings& settings, DataPaths paths, std::string program);

  const DataPaths paths_;
  const std::filesystem::path worker_;
  git::RepositoryCache cache_;
  report::EnvironmentStore environments_;
  report::WorkerPool workers_;
  report::SandboxInspector inspector_{workers_};
};

}  // namespace carrel::cli
