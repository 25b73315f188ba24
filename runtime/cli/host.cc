#include "runtime/cli/host.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "runtime/base/files.h"
#include "runtime/base/text.h"

namespace carrel::cli {
namespace fs = std::filesystem;
namespace {

git::Permission PermissionOf(const Settings& settings, std::string_view name) {
  return settings.IsOn(name) ? git::Permission::kAllowed : git::Permission::kRefused;
}

// pip takes more for an index than is safe to hand it: options, paths, other schemes.
Status CheckIndex(const Settings& settings) {
  const std::string& url = settings.Text("python.index_url");
  if (url.empty()) return {};
  const auto refuse = [&](std::string_view expected) {
    return Fail(Code::kUsage, fmt::format("python.index_url ({}): found '{}', expected {}",
                                          settings.Get("python.index_url").origin,
                                          EscapeControls(ToUtf8(url)), expected));
  };
  if (!url.starts_with("https://") && !url.starts_with("http://")) {
    return refuse("an address that begins with https:// or http://");
  }
  const auto is_plain = [](char c) { return c > ' ' && c < 0x7F && c != '%' && c != '$'; };
  if (!std::ranges::all_of(url, is_plain)) return refuse("an address without spaces and escapes");
  if (url.find('@') != std::string::npos) {
    return refuse("one without user and password; set CARREL_PYTHON_INDEX_CREDENTIALS");
  }
  return {};
}

// `program` is this one.
report::EnvironmentOptions EnvironmentsOf(const Settings& settings, const DataPaths& paths,
                                          std::string program) {
  constexpr double kMostSeconds = 86'400;
  constexpr double kMostMb = 1e6;
  constexpr double kMostKept = 1e6;
  const auto number = [&](std::string_view name, double most) {
    return std::clamp(settings.Number(name), 1.0, most);
  };
  return {.root = paths.environments,
          .command = {std::move(program), "installer"},
          .installing = settings.IsOn("python.install") ? report::Installing::kAllowed
                                                        : report::Installing::kOff,
          .index_url = settings.Text("python.index_url"),
          .index_credentials = settings.Text("python.index_credentials"),
          .ca_file = settings.Path("python.ca_file"),
          .deadline = std::chrono::seconds(
              static_cast<int64_t>(number("python.build_timeout_s", kMostSeconds))),
          .max_bytes = static_cast<uint64_t>(number("python.max_environment_mb", kMostMb)) << 20,
          .keep = static_cast<int>(number("python.max_environments", kMostKept))};
}

// Ahead of the first report, whatever the command prints otherwise.
void WarnOfDegradedTier() {
  fmt::print(stderr,
             "carrel: warning: sandbox tier degraded: this machine grants no namespaces. Reports "
             "run behind Landlock, the system call filter and limits alone; they can see the names "
             "of files and processes, and have no temporary files. See runtime/docs/sandbox.md.\n");
}

}  // namespace

DataPaths::DataPaths(const fs::path& data)
    : root(data),
      database(data / "carrel.db"),
      mirrors(data / "mirrors"),
      store(data / "store"),
      checkouts(data / "store/checkouts"),
      environments(data / "store/environments"),
      artifacts(data / "artifacts"),
      key(data / "secret.key"),
      usage(data / "usage"),
      hosts(data / "hosts") {}

git::UrlPolicy UrlPolicyOf(const Settings& settings) {
  return {PermissionOf(settings, "git.http"), PermissionOf(settings, "git.ssh"),
          PermissionOf(settings, "git.local")};
}

Result<std::unique_ptr<Host>> Host::Open(const Settings& settings) {
  CARREL_TRY(CheckIndex(settings));
  DataPaths paths(settings.Path("data"));
  CARREL_TRY(MakeDirectories(paths.root));
  CARREL_TRY(MakeDirectories(paths.checkouts));
  CARREL_TRY(MakeDirectories(paths.environments));
  // Workers run as nobody; they read their checkout through the store.
  for (const fs::path& path : {paths.store, paths.checkouts, paths.environments}) {
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
              .helper = {program, "git-helper"},
              .urls = UrlPolicyOf(settings)}),
      environments_(EnvironmentsOf(settings, paths_, std::move(program))),
      workers_({.worker = worker_,
                .python_packages = settings.Path("python_packages"),
                .store = paths_.store,
                .spares = static_cast<int>(settings.Number("sandbox.spares")),
                .environments = static_cast<int>(settings.Number("python.warm_environments")),
                .degraded = settings.IsOn("sandbox.degraded") ? sandbox::DegradedTier::kAllowed
                                                              : sandbox::DegradedTier::kRefused,
                .on_degraded = WarnOfDegradedTier}) {}

}  // namespace carrel::cli
