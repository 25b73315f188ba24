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
#include "runtime/git/checkout_writer.h"
#include "runtime/git/directory_export.h"
#include "runtime/git/helper_process.h"
#include "runtime/git/wire.h"

namespace carrel::git {
namespace fs = std::filesystem;
namespace {

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
  CARREL_ASSIGN_OR_RETURN(const Json reply, Ask(LocalCall(options_), request));
  return CheckoutFromJson(reply);
}

Result<Checkout> RepositoryCache::ExportDirectory(const fs::path& directory,
                                                  const ExportLimits& limits) const {
  CARREL_TRY(MakeRoots());
  return ExportPlainDirectory(directory, options_.checkouts, limits);
}

Status RepositoryCache::Remove(std::string_view url) const {
  CARREL_ASSIGN_OR_RETURN(const RepositoryUrl parsed, ParseUrl(url, options_.urls));
  CARREL_TRY(MakeRoots());
  const fs::path mirror = MirrorPath(parsed);
  UniqueFd lock(::open((mirror.string() + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock) return FailErrno(mirror.string());
  const auto end = std::chrono::steady_clock::now() + options_.deadline;
  while (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (std::chrono::steady_clock::now() >= end) {
      return Fail(Code::kTimeout, fmt::format("{}: a sync is under way", parsed.text));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  // out of sight in one step, so that no reader meets half of it
  CARREL_ASSIGN_OR_RETURN(const auto grave, MakeLockedTemporary(options_.mirrors));
  if (::rename(mirror.c_str(), (grave.first / "mirror").c_str()) != 0 && errno != ENOENT) {
    return FailErrno(mirror.string());
  }
  return RemoveTree(grave.first);
}

Result<int> RepositoryCache::Sweep() const {
  CARREL_ASSIGN_OR_RETURN(const int mirrors, SweepTemporaries(options_.mirrors));
  CARREL_ASSIGN_OR_RETURN(const int checkouts, SweepTemporaries(options_.checkouts));
  return mirrors + checkouts;
}

}  // namespace carrel::git
