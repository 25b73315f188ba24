#include "runtime/report/worker_pool.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace carrel::report {
namespace fs = std::filesystem;
namespace {

// Parts of the host that a language runtime reads, mounted at the same place. Those that this
// machine lacks are left out: a report that needs one fails with the language's own message.
constexpr const char* kPythonParts[] = {
    "/usr/lib/python3.11",
    "/usr/lib/python3",
    CARREL_LIBRARY_DIR,
    "/usr/share/zoneinfo",
    // pdf: fonts, their configuration and its cache, shared image and style data
    "/usr/share/fonts",
    "/usr/share/fontconfig",
    "/usr/share/hyphen",
    "/etc/fonts",
    "/var/cache/fontconfig",
};

constexpr const char* kPackagesMount = "/carrel/packages";  // see sdk/worker/languages.cc

std::vector<sandbox::RootPart> RootParts(std::string_view language, const fs::path& packages) {
  std::vector<sandbox::RootPart> parts;
  if (language != "python") return parts;
  for (const char* path : kPythonParts) {
    std::error_code error;
    if (fs::exists(path, error)) parts.push_back({path, path});
  }
  parts.push_back({packages.string(), kPackagesMount});
  return parts;
}

}  // namespace

Result<std::shared_ptr<sandbox::Zygote>> WorkerPool::Get(std::string_view language) {
  const std::lock_guard lock(mutex_);
  if (const auto it = zygotes_.find(language); it != zygotes_.end()) {
    if (it->second->alive()) return it->second;
    zygotes_.erase(it);
  }
  auto started = sandbox::Zygote::Start(
      {.program = options_.worker.string(),
       .arguments = {"--language", std::string(language)},
       .root = {options_.store.string(), RootParts(language, options_.python_packages)}});
  if (!started) {
    return Fail(Code::kSandbox, fmt::format("{} worker: {}", language, started.error().message));
  }
  std::shared_ptr<sandbox::Zygote> zygote = std::move(*started);
  zygotes_.emplace(language, zygote);
  return zygote;
}

Result<std::string> WorkerPool::Subtree(const fs::path& path) const {
  std::error_code error;
  const fs::path store = fs::canonical(options_.store, error);
  const fs::path real = fs::canonical(path, error);
  if (error) return FailErrno(path.string(), error.value());
  const fs::path relative = real.lexically_relative(store);
  if (relative.empty() || relative == "." || *relative.begin() == "..") {
    return Fail(Code::kInvalid,
                fmt::format("{} does not lie below {}", path.string(), store.string()));
  }
  return relative.string();
}

}  // namespace carrel::report
