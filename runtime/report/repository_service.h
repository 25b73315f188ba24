// Brings repositories in: fetch, resolve, lay out, validate, and turn what they offer into
// templates.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/git/repository_cache.h"
#include "runtime/report/checkouts.h"
#include "runtime/report/repository_store.h"
#include "runtime/report/template_store.h"
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
  FetchLimits limits;
  uint64_t max_cache_bytes = uint64_t{10} << 30;  // of mirrors and checkouts; held after each fetch
  git::UrlPolicy urls;
  git::HostKeyPolicy host_keys = git::HostKeyPolicy::kStrict;
  std::filesystem::path known_hosts;
  std::filesystem::path ca_file;
};

// What the service works with; all of it outlives it and is thread-safe, except for the inspector,
// which is asked by one thread at a time.
struct RepositoryServiceParts {
  RepositoryStore& repositories;
  TemplateStore& templates;
  const git::RepositoryCache& cache;
  manifest::Inspector& inspector;
  const store::SecretBox& secrets;
  const Clock& clock;
};

// A repository as its configuration left it: ready, or failed for the reason `fault`, whose text
// its notes hold.
struct Configuration {
  Repository repository;
  std::optional<Error> fault;
};

// Every call takes the repository to ready or failed before it returns: a fault of the repository
// or an unreachable server is a value, not an Error. Thread-safe; callers that do not want to wait
// use a thread of their own.
class RepositoryService {
 public:
  RepositoryService(RepositoryServiceParts parts, RepositoryServiceOptions options);

  // kInvalid or kDenied for an address that is not allowed; nothing is stored then.
  Result<Configuration> Add(const Account& account, std::string_view origin,
                            const AddRepository& request, const FetchWatch& watch = {});
  // Looks its tag or branch up again. `account` of role admin may do this for every repository.
  Result<Configuration> Sync(const Account& account, std::string_view origin, std::string_view id,
                             const FetchWatch& watch = {});
  Result<Configuration> Update(const Account& account, std::string_view origin, std::string_view id,
                               const RepositoryEdit& edit, const FetchWatch& watch = {});

  // For a one-off run by an admin: the enabled template of the report `local_id` at what the source
  // holds now. A repository of the same address and ref is taken as it is when it stands there, and
  // is configured again otherwise or when the template is blocked; without one it is added. The
  // credentials are used and not stored. Whatever is wrong with the source is an Error here, and
  // nothing is stored then; kNotFound with the near miss for an unknown report, kConflict for a
  // template that was disabled.
  Result<Template> Offer(const Account& account, std::string_view origin,
                         const AddRepository& request, std::string_view local_id,
                         const FetchWatch& watch = {});

  // Its files go too where no other repository needs them. kConflict while it is configured.
  Status Remove(const Account& account, std::string_view origin, std::string_view id);

  Result<Repository> Get(const Account& account, std::string_view id);
  Result<std::vector<Repository>> List(const Account& account, RepositoryFilter filter);
  Result<std::vector<git::Commit>> Tags(const Account& account, std::string_view id);

  // Brings a mirror back that made room for others, for a repository that is known still; as
  // GitCheckouts asks for it.
  Status Refetch(const GitReference& git);

  // Those that a host which died was configuring become failed.
  Result<int> RecoverInterrupted();

 private:
  Result<Repository> Described(const Account& account, const AddRepository& request) const;
  Result<Configuration> Configure(const Repository& begun, const FetchWatch& watch);
  // FetchSource, and room made for what it brought.
  Result<FetchedSource> Fetch(const git::Source& source, const GitReference& git,
                              const FetchWatch& watch);
  Result<Configured> FetchAndExamine(const Repository& repository, const FetchWatch& watch);
  Result<Configured> Examine(const FetchedSource& fetched);
  Result<git::Source> SourceOf(const Repository& repository) const;
  git::Source SourceOf(std::string url, git::Credentials credentials) const;

  // Of Offer.
  Result<std::optional<Repository>> Find(const GitReference& git);
  Result<Template> FindTemplate(std::string_view repository_id, std::string_view local_id);
  Result<std::optional<Template>> Ready(const std::optional<Repository>& known,
                                        const GitReference& git, std::string_view local_id);
  Status Renewed(const Repository& wanted, const Configured& configured, const Actor& actor);

  // Removes the files of a commit at which no repository stands any more.
  Status Forget(const GitReference& git);
  Result<bool> IsNeeded(const RepositoryFilter& filter);

  const RepositoryServiceParts parts_;
  const RepositoryServiceOptions options_;
  std::mutex inspecting_;
};

}  // namespace carrel::report
