#include "runtime/git/repository_cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "runtime/base/files.h"
#include "runtime/base/json.h"
#include "runtime/base/sha256.h"
#include "runtime/base/text.h"
#include "runtime/git/cache_budget.h"
#include "runtime/git/checkout_writer.h"
#include "runtime/git/directory_export.h"
#include "runtime/git/helper_process.h"
#include "runtime/git/wire.h"

namespace carrel::git {
namespace fs = std::filesystem;
namespace {

constexpr int kHoldAttempts = 8;

fs::path DefaultKnownHosts() {
  const char* home = std::getenv("HOME");
  return fs::path(home == nullptr ? "/nonexistent" : home) / ".ssh" / "known_hosts";
}

Request MakeRequest(Operation operation, const CacheOptions& options, RepositoryUrl url,
                    fs::path mirror) {
  Request request;
  request.operation = operation;
  request.parent_pid = ::getpid();
  request.url = std::move(url);
  request.mirror = std::move(mirror);
  request.checkouts = fs::absolute(options.checkouts);
  request.memory_bytes = options.helper_memory;
  return request;
}

// The helper names the url itself; what this side has to say does not.
Result<Json> Ask(const HelperCall& call, const Request& request) {
  Result<Json> reply = CallHelper(call, request);
  if (reply || reply.error().message.find(request.url.text) != std::string::npos) return reply;
  return Wrap(reply.error(), request.url.text);
}

fs::path UseLock(const fs::path& mirror) { return mirror.string() + ".use"; }

Result<UniqueFd> OpenLock(const fs::path& path) {
  UniqueFd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock) return FailErrno(path.string());
  return lock;
}

// Alone with what the lock file stands for; kTimeout when others are there still at `end`.
Result<UniqueFd> LockUntil(const fs::path& path, std::chrono::steady_clock::time_point end) {
  CARREL_ASSIGN_OR_RETURN(UniqueFd lock, OpenLock(path));
  while (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (std::chrono::steady_clock::now() >= end) {
      return Fail(Code::kTimeout, fmt::format("{}: in use", path.string()));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return lock;
}

HelperCall LocalCall(const CacheOptions& options) {
  return {options.helper, options.deadline, {}, {}};
}

}  // namespace

fs::path RepositoryCache::MirrorPath(const RepositoryUrl& url) const {
  return fs::absolute(options_.mirrors) / (Sha256Hex(url.text) + ".git");
}

Status RepositoryCache::MakeRoots() const {
  CARREL_TRY(MakeDirectories(options_.mirrors));
  CARREL_TRY(MakeDirectories(options_.checkouts));
  if (::chmod(options_.mirrors.c_str(), 0700) != 0) return FailErrno(options_.mirrors.string());
  if (::chmod(options_.checkouts.c_str(), 0755) != 0) return FailErrno(options_.checkouts.string());
  return {};
}

Result<SyncReport> RepositoryCache::Sync(const Source& source, const SyncOptions& options) const {
  CARREL_ASSIGN_OR_RETURN(RepositoryUrl url, ParseUrl(source.url, options_.urls));
  CARREL_TRY(MakeRoots());
  const fs::path mirror = MirrorPath(url);
  Request request = MakeRequest(Operation::kSync, options_, std::move(url), mirror);
  request.source = source;
  if (request.source.known_hosts.empty()) request.source.known_hosts = DefaultKnownHosts();
  request.sync_limits = options.limits;
  CARREL_ASSIGN_OR_RETURN(
      const Json reply,
      Ask({options_.helper, options.limits.deadline, options.stop, options.progress}, request));
  return ReportFromJson(reply);
}

Result<std::vector<Commit>> RepositoryCache::ListTags(std::string_view url) const {
  CARREL_ASSIGN_OR_RETURN(RepositoryUrl parsed, ParseUrl(url, options_.urls));
  const fs::path mirror = MirrorPath(parsed);
  CARREL_ASSIGN_OR_RETURN(
      const Json reply,
      Ask(LocalCall(options_), MakeRequest(Operation::kTags, options_, std::move(parsed), mirror)));
  return CommitsFromJson(reply);
}

Result<Commit> RepositoryCache::Resolve(std::string_view url, std::string_view name) const {
  CARREL_ASSIGN_OR_RETURN(RepositoryUrl parsed, ParseUrl(url, options_.urls));
  const fs::path mirror = MirrorPath(parsed);
  Request request = MakeRequest(Operation::kResolve, options_, std::move(parsed), mirror);
  request.name = name;
  CARREL_ASSIGN_OR_RETURN(const Json reply, Ask(LocalCall(options_), request));
  return CommitFromJson(reply);
}

Result<Checkout> RepositoryCache::Export(std::string_view url, std::string_view commit_id,
                                         const ExportLimits& limits) const {
  CARREL_ASSIGN_OR_RETURN(RepositoryUrl parsed, ParseUrl(url, options_.urls));
  CARREL_TRY(MakeRoots());
  const fs::path mirror = MirrorPath(parsed);
  Request request = MakeRequest(Operation::kExport, options_, std::move(parsed), mirror);
  request.name = commit_id;
  request.export_limits = limits;
  return Held([&]() -> Result<Checkout> {
    CARREL_ASSIGN_OR_RETURN(const Json reply, Ask(LocalCall(options_), request));
    return CheckoutFromJson(reply);
  });
}

Result<Checkout> RepositoryCache::ExportDirectory(const fs::path& directory,
                                                  const ExportLimits& limits) const {
  CARREL_TRY(MakeRoots());
  return Held([&] { return ExportPlainDirectory(directory, options_.checkouts, limits); });
}

Result<Checkout> RepositoryCache::Held(const std::function<Result<Checkout>()>& lay_out) const {
  for (int attempt = 0; attempt < kHoldAttempts; ++attempt) {
    CARREL_ASSIGN_OR_RETURN(Checkout checkout, lay_out());
    CARREL_ASSIGN_OR_RETURN(std::optional<UniqueFd> hold, HoldCheckout(checkout.path));
    if (!hold) continue;  // removed between the two calls
    checkout.hold = std::make_shared<const UniqueFd>(std::move(*hold));
    return checkout;
  }
  return Fail(Code::kIo, fmt::format("{}: its checkout is removed again and again",
                                     options_.checkouts.string()));
}

Status RepositoryCache::RemoveCheckout(std::string_view tree_id) const {
  const bool is_name =
      !tree_id.empty() && tree_id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (!is_name) return Fail(Code::kInvalid, fmt::format("'{}' is no tree id", tree_id));
  CARREL_TRY(git::RemoveCheckout(options_.checkouts, std::string(tree_id)));
  return {};
}

Status RepositoryCache::Remove(std::string_view url) const {
  CARREL_ASSIGN_OR_RETURN(const RepositoryUrl parsed, ParseUrl(url, options_.urls));
  CARREL_TRY(MakeRoots());
  return RemoveMirror(MirrorPath(parsed), options_.deadline);
}

Status RepositoryCache::RemoveMirror(const fs::path& mirror,
                                     std::chrono::milliseconds patience) const {
  const auto end = std::chrono::steady_clock::now() + patience;
  CARREL_ASSIGN_OR_RETURN(const UniqueFd use, LockUntil(UseLock(mirror), end));
  CARREL_ASSIGN_OR_RETURN(const UniqueFd sync, LockUntil(mirror.string() + ".lock", end));
  // out of sight in one step, so that no reader meets half of it
  CARREL_ASSIGN_OR_RETURN(const auto grave, MakeLockedTemporary(options_.mirrors));
  if (::rename(mirror.c_str(), (grave.first / "mirror").c_str()) != 0 && errno != ENOENT) {
    return FailErrno(mirror.string());
  }
  return RemoveTree(grave.first);
}

Result<UniqueFd> RepositoryCache::HoldMirror(std::string_view url) const {
  CARREL_ASSIGN_OR_RETURN(const RepositoryUrl parsed, ParseUrl(url, options_.urls));
  CARREL_TRY(MakeRoots());
  const fs::path mirror = MirrorPath(parsed);
  CARREL_ASSIGN_OR_RETURN(UniqueFd lock, OpenLock(UseLock(mirror)));
  while (::flock(lock.get(), LOCK_SH) != 0) {
    if (errno != EINTR) return FailErrno(mirror.string());
  }
  // Its last use, for Trim. Absent is fine: a sync makes it.
  (void)::utimensat(AT_FDCWD, mirror.c_str(), nullptr, 0);
  return lock;
}

Status RepositoryCache::Trim(uint64_t max_bytes) const {
  const std::vector<CacheEntry> checkouts = ListCacheEntries(options_.checkouts);
  const std::vector<CacheEntry> mirrors = ListCacheEntries(options_.mirrors);
  uint64_t bytes = 0;
  for (const auto* entries : {&checkouts, &mirrors}) {
    for (const CacheEntry& entry : *entries) bytes += entry.bytes;
  }
  for (const CacheEntry& entry : checkouts) {
    if (bytes <= max_bytes) return {};
    CARREL_ASSIGN_OR_RETURN(const bool gone, git::RemoveCheckout(options_.checkouts, entry.name));
    if (gone) bytes -= entry.bytes;
  }
  for (const CacheEntry& entry : mirrors) {
    if (bytes <= max_bytes) return {};
    const Status gone = RemoveMirror(fs::absolute(options_.mirrors) / entry.name, {});
    if (gone) bytes -= entry.bytes;
    if (!gone && gone.error().code != Code::kTimeout) return gone;
  }
  if (bytes <= max_bytes) return {};
  return Fail(Code::kLimit,
              fmt::format("the mirrors and checkouts in use take {}, the budget is {}",
                          HumanBytes(bytes), HumanBytes(max_bytes)));
}

Result<int> RepositoryCache::Sweep() const {
  CARREL_ASSIGN_OR_RETURN(const int mirrors, SweepTemporaries(options_.mirrors));
  CARREL_ASSIGN_OR_RETURN(const int checkouts, SweepTemporaries(options_.checkouts));
  return mirrors + checkouts;
}

}  // namespace carrel::git
