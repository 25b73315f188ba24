#include "runtime/cli/host.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "runtime/base/files.h"

namespace carrel::cli {
namespace fs = std::filesystem;
namespace {

git::Permission PermissionOf(const Settings& settings, std::string_view name) {
  return settings.IsOn(name) ? git::Permission::kAllowed : git::Permission::kRefused;
}

}  // namespace

DataPaths::DataPaths(const fs::path& data)
    : root(data),
      database(data / "carrel.db"),
      mirrors(data / "mirrors"),
      store(data / "store"),
      checkouts(data / "store/checkouts"),
      artifacts(data / "artifacts"),
      key(data / "secret.key") {}

git::UrlPolicy UrlPolicyOf(const Settings& settings) {
  return {PermissionOf(settings, "git.http"), PermissionOf(settings, "git.ssh"),
          PermissionOf(settings, "git.local")};
}

Result<std::unique_ptr<Host>> Host::Open(const Settings& settings) {
  DataPaths paths(settings.Path("data"));
  CARREL_TRY(MakeDirectories(paths.root));
  CARREL_TRY(MakeDirectories(paths.checkouts));
  // Workers run as nobody; they read their checkout through the store.
  for (const fs::path& path : {paths.store, paths.checkouts}) {
    if (::chmod(path.c_str(), 0755) != 0) return FailErrno(path.string());
  }
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (error) return FailErrno("/proc/self/exe", error.value());
  return std::unique_ptr<Host>(new Host(settings, std::move(paths), self.string()));
}

Status Host::CheckWorker() const {
  if (::access(worker_.c_str(), X_OK) == 0) return {};
  return Fail(Code::kSandbox,
              fmt::format("worker {}: no such program; see CARREL_WORKER", worker_.string()));
}

Status Host::Warm(std::string_view language) {
  CARREL_TRY(CheckWorker());
  CARREL_TRY(workers_.Get(language));
  return {};
}

Host::Host(const Settings& settings, DataPaths paths, std::string program)
    : paths_(std::move(paths)),
      worker_(settings.Path("worker")),
      cache_({.mirrors = paths_.mirrors,
              .checkouts = paths_.checkouts,
              .helper = {std::move(program), "git-helper"},
              .urls = UrlPolicyOf(settings)}),
      workers_({.worker = worker_,
                .python_packages = settings.Path("python_packages"),
                .store = paths_.store,
                .spares = static_cast<int>(settings.Number("sandbox.spares"))}) {}

}  // namespace carrel::cli
