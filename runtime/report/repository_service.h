// Brings repositories in: fetch, resolve, lay out, validate, and turn what they offer into
// templates.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/git/repository_cache.h"
#include "runtime/report/repository_store.h"
#include "runtime/store/secret_box.h"
#include "runtime/template/inspector.h"
#include "runtime/template/validator.h"

namespace carrel::report {

// A directory is taken as it stands, uncommitted changes included, without git.
enum class SourceKind : uint8_t { kGit, kDirectory };

struct AddRepository {
  SourceKind kind = SourceKind::kGit;
  std::string url;
  std::string ref;   // tag, branch or commit id; empty: the default branch
  std::string name;  // empty: the one in reports.json
  Origin origin = Origin::kCustom;
  git::Credentials credentials;
};

struct RepositoryServiceOptions {
  std::string host_id;  // CurrentHostId()
  git::SyncLimits sync;
  git::ExportLimits checkout;
  git::UrlPolicy urls;
  git::HostKeyPolicy host_keys = git::HostKeyPolicy::kStrict;
  std::filesystem::path known_hosts;
  std::filesystem::path ca_file;
};

// Every call takes the repository to ready or failed before it returns: a fault of the repository
// or an unreachable server is its status and notes, not an Error. Thread-safe; callers that do not
// want to wait use a thread of their own.
class RepositoryService {
 public:
  // The inspector is asked by one thread at a time.
  RepositoryService(RepositoryStore& repositories, const git::RepositoryCache& cache,
                    manifest::Inspector& inspector, const store::SecretBox& secrets,
                    const Clock& clock, RepositoryServiceOptions options);

  // kInvalid or kDenied for an address that is not allowed; nothing is stored then.
  Result<Repository> Add(const Account& account, std::string_view origin,
                         const AddRepository& request);
  // Looks its tag or branch up again. `account` of role admin may do this for every repository.
  Result<Repository> Sync(const Account& account, std::string_view origin, std::string_view id);
  Result<Repository> Update(const Account& account, std::string_view origin, std::string_view id,
                            const RepositoryEdit& edit);
  Status Remove(const Account& account, std::string_view origin, std::string_view id);

  Result<Repository> Get(const Account& account, std::string_view id);
  Result<std::vector<Repository>> List(const Account& account, RepositoryFilter filter);
  Result<std::vector<git::Commit>> Tags(const Account& account, std::string_view id);

  // Those that a host which died was configuring become failed.
  Result<int> RecoverInterrupted();

 private:
  Result<Repository> Configure(const Repository& repository);
  Result<Configured> Examine(const Repository& repository);
  Result<git::Checkout> FetchAndExport(const Repository& repository, std::string& commit);
  Result<git::Source> SourceOf(const Repository& repository) const;

  RepositoryStore& repositories_;
  const git::RepositoryCache& cache_;
  manifest::Inspector& inspector_;
  const store::SecretBox& secrets_;
  const Clock& clock_;
  const RepositoryServiceOptions options_;
  std::mutex inspecting_;
};

}  // namespace carrel::report
