#include "runtime/report/checkouts.h"

#include <fmt/format.h>

#include <utility>

namespace carrel::report {

Result<FetchedSource> FetchSource(const git::RepositoryCache& cache, const git::Source& source,
                                  GitReference reference, const FetchWatch& watch,
                                  const FetchLimits& limits) {
  FetchedSource fetched{std::move(reference), {}};
  GitReference& git = fetched.reference;
  if (git.tag == kTreePrefix) {
    CARREL_ASSIGN_OR_RETURN(fetched.checkout, cache.ExportDirectory(git.url, limits.checkout));
    git.commit = std::string(kTreePrefix) + fetched.checkout.tree_id;
    return fetched;
  }
  CARREL_ASSIGN_OR_RETURN(const UniqueFd hold, cache.HoldMirror(git.url));
  CARREL_TRY(cache.Sync(source, {limits.sync, watch.progress, watch.stop}));
  CARREL_ASSIGN_OR_RETURN(const git::Commit commit, cache.Resolve(git.url, git.tag));
  git.commit = commit.id;
  CARREL_ASSIGN_OR_RETURN(fetched.checkout, cache.Export(git.url, commit.id, limits.checkout));
  return fetched;
}

Result<git::Checkout> GitCheckouts::Get(const GitReference& reference) {
  const std::string_view commit = reference.commit;
  if (!commit.starts_with(kTreePrefix)) return GetCommit(reference);
  CARREL_ASSIGN_OR_RETURN(git::Checkout checkout, cache_.ExportDirectory(reference.url));
  if (checkout.tree_id != commit.substr(kTreePrefix.size())) {
    return Fail(Code::kConflict,
                fmt::format("{} was changed since the report was created", reference.url));
  }
  return checkout;
}

Result<git::Checkout> GitCheckouts::GetCommit(const GitReference& reference) const {
  CARREL_ASSIGN_OR_RETURN(const UniqueFd hold, cache_.HoldMirror(reference.url));
  auto checkout = cache_.Export(reference.url, reference.commit);
  if (checkout || checkout.error().code != Code::kNotFound || !refetch_) return checkout;
  CARREL_TRY(refetch_(reference));
  return cache_.Export(reference.url, reference.commit);
}

}  // namespace carrel::report
