// Where the code of a report comes from: a commit of a repository, or a directory as it stood when
// it was added.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/git/repository_cache.h"
#include "runtime/report/repository_store.h"

namespace carrel::report {

// The `commit` of a directory: "tree:" and the sha256 of all it held.
inline constexpr std::string_view kTreePrefix = "tree:";

// Thread-safe.
class Checkouts {
 public:
  virtual ~Checkouts() = default;
  // The read-only tree of exactly that commit. kConflict when a directory is no longer what it
  // was.
  virtual Result<git::Checkout> Get(const GitReference& reference) = 0;
};

class GitCheckouts final : public Checkouts {
 public:
  explicit GitCheckouts(const git::RepositoryCache& cache) : cache_(cache) {}
  Result<git::Checkout> Get(const GitReference& reference) override;

 private:
  const git::RepositoryCache& cache_;
};

}  // namespace carrel::report
