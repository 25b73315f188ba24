// Usage data in this process: the service over the store and the spreadsheets, the API over both,
// and the connection by which reports reach them.
#pragma once

#include <memory>
#include <string>

#include "runtime/api/api.h"
#include "runtime/api/local_connection.h"
#include "runtime/base/clock.h"
#include "runtime/cli/host.h"
#include "runtime/report/host_locks.h"
#include "runtime/usage/closing.h"
#include "runtime/usage/generated_files.h"
#include "runtime/usage/sheet_source.h"
#include "runtime/usage/upload_store.h"
#include "runtime/usage/usage_service.h"

namespace carrel::cli {

// The members are thread-safe; the database outlives it.
class UsageHost {
 public:
  static Result<std::unique_ptr<UsageHost>> Open(store::Database& database, const DataPaths& paths,
                                                 const std::string& host_id);
  UsageHost(const UsageHost&) = delete;
  UsageHost& operator=(const UsageHost&) = delete;

  store::Database& database() { return database_; }
  usage::UsageService& service() { return service_; }
  usage::Closing& closing() { return closing_; }
  const usage::GeneratedFiles& files() const { return files_; }
  api::LocalConnection& connection() { return connection_; }

 private:
  UsageHost(store::Database& database, const DataPaths& paths, const std::string& host_id);

  store::Database& database_;
  report::HostLocks locks_;
  const SystemClock clock_;
  const usage::UploadStore uploads_;
  usage::SheetSource source_;
  usage::UsageService service_;
  usage::Closing closing_;
  const usage::GeneratedFiles files_;
  const api::Api api_;
  api::LocalConnection connection_;
};

}  // namespace carrel::cli
