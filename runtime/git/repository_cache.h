// Repositories on this host: fetched, looked up, and laid out as read-only trees for the sandbox.
// The one door of this room; the rest of it is how.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"
#include "runtime/git/types.h"
#include "runtime/git/url_policy.h"

namespace carrel::git {

struct CacheOptions {
  std::filesystem::path mirrors;    // private to this user: one bare repository for each url
  std::filesystem::path checkouts;  // readable by all: one tree for each content
  // The program, and its arguments, that runs one operation: a main that calls HelperMain().
  std::vector<std::string> helper;
  UrlPolicy urls;
  // For every operation that does not use the network.
  std::chrono::milliseconds deadline = std::chrono::seconds(120);
  // Address space of the helper; 0 = no limit.
  uint64_t helper_memory = uint64_t{4} << 30;
};

// Every git object is read in a helper process with a deadline; this process never parses one.
// Thread-safe, and any number of processes may share the directories. Every url is held to the
// policy first: kInvalid or kDenied. Every operation: kTimeout when its deadline passes, kLimit
// when a cap is hit, kIo when the disk says so, kInternal when the helper dies.
class RepositoryCache {
 public:
  explicit RepositoryCache(CacheOptions options) : options_(std::move(options)) {}

  // Brings the mirror to the remote's state: all branches and tags, those that are gone removed;
  // only new objects are transferred. kUnreachable, kDenied (credentials, certificate, host key),
  // kNotFound, kProtocol; kCancelled when `stop` was requested. A sync that fails leaves the
  // references as they were.
  Result<SyncReport> Sync(const Source& source, const SyncOptions& options = {}) const;

  // The tags of the mirror as of the last sync that name a commit, newest commit first.
  Result<std::vector<Commit>> ListTags(std::string_view url) const;

  // The commit of a tag, a branch (a tag wins; `refs/heads/x` means the branch), a full commit id,
  // or for "" of the default branch. kNotFound with the near miss, kInvalid when it is no commit.
  Result<Commit> Resolve(std::string_view url, std::string_view name) const;

  // The files of a commit. Found again by tree id when they were exported before. kInvalid, with
  // the path, for whatever a checkout may not hold: links, submodules, names, case collisions. The
  // files stay for as long as the value lives.
  Result<Checkout> Export(std::string_view url, std::string_view commit_id,
                          const ExportLimits& limits = {}) const;

  // A plain directory as it stands, without its top-level `.git`; no deadline.
  Result<Checkout> ExportDirectory(const std::filesystem::path& directory,
                                   const ExportLimits& limits = {}) const;

  // Removes the checkout of a tree, unless a Checkout of it lives anywhere. Absent is fine; the
  // next Export lays it out again.
  Status RemoveCheckout(std::string_view tree_id) const;

  // Forgets a repository; its checkouts stay. Absent is fine. kTimeout when it stays in use.
  Status Remove(std::string_view url) const;

  // Marks the mirror of a url as in use: it is not removed while the lock lives.
  Result<UniqueFd> HoldMirror(std::string_view url) const;

  // Makes room until mirrors and checkouts together take at most `max_bytes` of disk: removes
  // checkouts, then mirrors, that nobody holds, each least recently used first. All of it can be
  // had again from the remotes. kLimit when what is in use takes more.
  Status Trim(uint64_t max_bytes) const;

  // Removes what processes that died left behind. Returns how many directories that were.
  Result<int> Sweep() const;

  // Where the mirror of an address is kept.
  std::filesystem::path MirrorPath(const RepositoryUrl& url) const;

 private:
  Status MakeRoots() const;
  Status RemoveMirror(const std::filesystem::path& mirror,
                      std::chrono::milliseconds patience) const;
  Result<Checkout> Held(const std::function<Result<Checkout>()>& lay_out) const;

  CacheOptions options_;
};

}  // namespace carrel::git
