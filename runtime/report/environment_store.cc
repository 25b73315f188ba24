#include "runtime/report/environment_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <thread>
#include <utility>

#include "runtime/base/files.h"
#include "runtime/base/json.h"
#include "runtime/base/sha256.h"
#include "runtime/base/text.h"
#include "runtime/git/cache_budget.h"
#include "runtime/git/checkout_writer.h"
#include "runtime/report/environment_files.h"
#include "runtime/report/installer.h"
#include "runtime/report/pip_output.h"
#include "runtime/template/checkout.h"
#include "runtime/template/fault.h"

namespace carrel::report {
namespace fs = std::filesystem;
namespace {

using manifest::Requirement;

constexpr std::chrono::milliseconds kPause{50};
constexpr int kHoldAttempts = 8;
// Raised when the same lines would give another environment.
constexpr int kFormat = 1;
constexpr const char* kDescription = "carrel-environment.json";

// Every line that is refused, each with its place.
std::unexpected<Error> Refused(const std::vector<manifest::Fault>& faults) {
  std::vector<std::string> lines;
  for (const manifest::Fault& fault : faults) {
    const manifest::Place& place = fault.place;
    lines.push_back(place.line > 0 ? fmt::format("{}:{}: {}", place.file, place.line, fault.message)
                                   : fmt::format("{}: {}", place.file, fault.message));
  }
  return Fail(Code::kInvalid, Join(lines, "\n"));
}

Result<manifest::Requirements> Read(const EnvironmentRequest& request) {
  CARREL_ASSIGN_OR_RETURN(const auto checkout, manifest::Checkout::Open(request.checkout));
  manifest::FaultList faults;
  manifest::Requirements found = manifest::ReadRequirements(checkout, request.requirements, faults);
  const std::vector<manifest::Fault> list = faults.Take();
  if (!list.empty()) return Refused(list);
  return found;
}

std::string TextOf(std::span<const Requirement> lines) {
  std::string text;
  for (const Requirement& requirement : lines) text += requirement.line + "\n";
  return text;
}

Status Describe(const fs::path& site, std::span<const Requirement> lines,
                const std::vector<std::string>& installed) {
  OrderedJson json = {{"python", CARREL_PYTHON_ABI}, {"requirements", OrderedJson::array()}};
  for (const Requirement& requirement : lines) json["requirements"].push_back(requirement.line);
  json["installed"] = installed;
  const fs::path path = site / kDescription;
  CARREL_TRY(RemoveTree(path));  // a package may have brought one
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444));
  if (!file) return FailErrno(path.string());
  return WriteAll(file.get(), json.dump(2) + "\n");
}

std::string PercentEncoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool is_plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    out += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string WithCredentials(const std::string& url, std::string_view credentials) {
  const size_t scheme = url.find("://");
  if (credentials.empty() || scheme == std::string::npos) return url;
  const size_t colon = credentials.find(':');
  std::string user = PercentEncoded(credentials.substr(0, colon));
  if (colon != std::string_view::npos) user += ":" + PercentEncoded(credentials.substr(colon + 1));
  return fmt::format("{}{}@{}", url.substr(0, scheme + 3), user, url.substr(scheme + 3));
}

// Removed with all it holds when this goes out of scope.
class TempTree {
 public:
  explicit TempTree(fs::path path) : path_(std::move(path)) {}
  TempTree(const TempTree&) = delete;
  TempTree& operator=(const TempTree&) = delete;
  ~TempTree() { (void)RemoveTree(path_); }

 private:
  const fs::path path_;
};

// Written out and in its place in one step.
Status Publish(const fs::path& site, const fs::path& target) {
  const UniqueFd directory(::open(site.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::syncfs(directory.get()) != 0) return FailErrno(site.string());
  // A directory that moves must be writable for its owner, as its ".." changes.
  if (::rename(site.c_str(), target.c_str()) != 0 || ::fchmod(directory.get(), 0555) != 0) {
    return FailErrno(target.string());
  }
  return SyncDirectory(target.parent_path());
}

}  // namespace

std::string EnvironmentStore::Address(std::span<const Requirement> lines) {
  std::string text = fmt::format("environment {}\n{}\n", kFormat, CARREL_PYTHON_ABI);
  for (const std::string_view name : manifest::ProvidedPackages())
    text += fmt::format("-{}\n", name);
  return Sha256Hex(text + TextOf(lines));
}

Result<Environment> EnvironmentStore::Get(const EnvironmentRequest& request) {
  if (options_.installing == Installing::kOff) return Environment();
  CARREL_ASSIGN_OR_RETURN(const manifest::Requirements requirements, Read(request));
  const std::vector<Requirement> lines = ToInstall(requirements);
  if (lines.empty()) return Environment();
  const std::string address = Address(lines);
  for (int attempt = 0; attempt < kHoldAttempts; ++attempt) {
    CARREL_ASSIGN_OR_RETURN(Environment found, Find(address));
    if (found.hold) return found;
    CARREL_ASSIGN_OR_RETURN(const UniqueFd turn, LockBuild(address, request.stop));
    CARREL_ASSIGN_OR_RETURN(found, Find(address));
    if (found.hold) return found;
    if (const Status built = Build(address, lines, request); !built) {
      return Wrap(built.error(), requirements.file);
    }
    CARREL_ASSIGN_OR_RETURN(found, Find(address));
    (void)Trim();  // what stays is tried again after the next build
    if (found.hold) return found;
  }
  return Fail(Code::kIo, fmt::format("{}: the environment is removed again and again",
                                     (options_.root / address).string()));
}

Result<Environment> EnvironmentStore::Find(const std::string& address) const {
  Environment found{fs::absolute(options_.root / address), nullptr};
  CARREL_ASSIGN_OR_RETURN(std::optional<UniqueFd> hold, git::HoldCheckout(found.path));
  if (hold) found.hold = std::make_shared<const UniqueFd>(std::move(*hold));
  return found;
}

Result<UniqueFd> EnvironmentStore::LockBuild(const std::string& address,
                                             const std::stop_token& stop) const {
  const fs::path directory = options_.root / ".locks";
  CARREL_TRY(MakeDirectories(directory));
  // A fixed number of locks, which are never removed.
  const fs::path path = directory / address.substr(0, 2);
  UniqueFd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock) return FailErrno(path.string());
  while (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return FailErrno(path.string());
    if (stop.stop_requested()) {
      return Fail(Code::kCancelled, "stopped while packages were installed");
    }
    std::this_thread::sleep_for(kPause);
  }
  return lock;
}

Status EnvironmentStore::Build(const std::string& address, std::span<const Requirement> lines,
                               const EnvironmentRequest& request) const {
  if (request.on_build) request.on_build();
  CARREL_ASSIGN_OR_RETURN(const auto temporary, git::MakeLockedTemporary(options_.root));
  const TempTree removed(temporary.first);
  const fs::path build = temporary.first / "build";
  CARREL_TRY(MakeDirectories(build));
  if (::chmod(build.c_str(), 0700) != 0) return FailErrno(build.string());
  CARREL_TRY(WriteFileAtomic(build / "requirements.txt", TextOf(lines)));
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(options_.deadline).count();
  CARREL_ASSIGN_OR_RETURN(
      const InstallResult result,
      Install({options_.command, options_.deadline, request.stop},
              {.directory = build,
               .index_url = WithCredentials(options_.index_url, options_.index_credentials),
               .ca_file = options_.ca_file,
               .max_bytes = options_.max_bytes,
               .max_files = options_.max_files,
               .cpu_s = static_cast<uint64_t>(seconds)}));
  if (result.status != 0) return std::unexpected(ExplainPip(result.output, IndexName()));
  const fs::path site = build / "site";
  CARREL_ASSIGN_OR_RETURN(const auto installed, MakeEnvironment(site));
  const DiskUse use = DiskUseOf(site);
  if (use.bytes > options_.max_bytes || use.files > options_.max_files) {
    return Fail(Code::kLimit,
                fmt::format("the packages take {} in {} files, at most {} and {} are allowed",
                            HumanBytes(use.bytes), use.files, HumanBytes(options_.max_bytes),
                            options_.max_files));
  }
  CARREL_TRY(Describe(site, lines, installed));
  return Publish(site, options_.root / address);
}

std::string EnvironmentStore::IndexName() const {
  return options_.index_url.empty() ? "of pip's configuration" : options_.index_url;
}

Status EnvironmentStore::Trim() const {
  const auto entries = git::ListCacheEntries(options_.root);
  size_t count = entries.size();
  for (const git::CacheEntry& entry : entries) {
    if (count <= static_cast<size_t>(options_.keep)) return {};
    CARREL_ASSIGN_OR_RETURN(const bool gone, git::RemoveCheckout(options_.root, entry.name));
    if (gone) --count;
  }
  return {};
}

Result<int> EnvironmentStore::Sweep() const { return git::SweepTemporaries(options_.root); }

}  // namespace carrel::report
