// Where the code of a report comes from: a commit of a repository, or a directory as it stood when
// it was added.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/base/result.h"
#include "runtime/git/repository_cache.h"
#include "runtime/report/repository_store.h"

namespace carrel::report {

// The `tag` of a directory; its `commit` is this and the sha256 of all it held.
inline constexpr std::string_view kTreePrefix = "tree:";

// What follows a fetch, and what ends it.
struct FetchWatch {
  std::function<void(const git::SyncProgress&)> progress = {};
  std::stop_token stop = {};
};

struct FetchLimits {
  git::SyncLimits sync;
  git::ExportLimits checkout;
};

struct FetchedSource {
  GitReference reference;  // `commit` is what it resolved to
  git::Checkout checkout;
};

// Brings the mirror of `source` up to date and lays out what `reference.tag` names there now; of
// kTreePrefix the directory at `reference.url`. Errors are those of RepositoryCache.
Result<FetchedSource> FetchSource(const git::RepositoryCache& cache, const git::Source& source,
                                  GitReference reference, const FetchWatch& watch,
                                  const FetchLimits& limits = {});

// Thread-safe.
class Checkouts {
 public:
  virtual ~Checkouts() = default;
  // The read-only tree of exactly that commit, kept while the value lives. kConflict when a
  // directory is no longer what it was.
  virtual Result<git::Checkout> Get(const GitReference& reference) = 0;
};

class GitCheckouts final : public Checkouts {
 public:
  // `refetch` brings the mirror of a url back that made room for others.
  using Refetch = std::function<Status(const GitReference&)>;
  explicit GitCheckouts(const git::RepositoryCache& cache, Refetch refetch = {})
      : cache_(cache), refetch_(std::move(refetch)) {}
  Result<git::Checkout> Get(const GitReference& reference) override;

 private:
  Result<git::Checkout> GetCommit(const GitReference& reference) const;

  const git::RepositoryCache& cache_;
  const Refetch refetch_;
};

}  // namespace carrel::report
