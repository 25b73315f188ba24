// One warm zygote a language, started when it is first needed and again when it has died.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "sandbox/zygote.h"

namespace carrel::report {

struct WorkerPoolOptions {
  std::filesystem::path worker;           // carrel-worker
  std::filesystem::path python_packages;  // sdk/python/packages, or where it is installed
  std::filesystem::path store;            // below it lies everything a job may mount
};

// Thread-safe. The destructor ends every worker.
class WorkerPool {
 public:
  explicit WorkerPool(WorkerPoolOptions options) : options_(std::move(options)) {}

  // kSandbox with the missing layer when this machine cannot run reports. The zygote stays valid
  // for as long as the caller holds it, even when a newer one takes its place.
  Result<std::shared_ptr<sandbox::Zygote>> Get(std::string_view language);

  // `path` relative to the store; kInvalid when it lies elsewhere.
  Result<std::string> Subtree(const std::filesystem::path& path) const;

 private:
  const WorkerPoolOptions options_;
  std::mutex mutex_;
  // Shared with the sessions that run in it: a dead zygote is replaced while they end.
  std::map<std::string, std::shared_ptr<sandbox::Zygote>, std::less<>> zygotes_;
};

}  // namespace carrel::report
