#include "runtime/report/repository_service.h"

#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <stop_token>
#include <thread>
#include <utility>

#include "runtime/base/exceptions.h"
#include "runtime/base/ids.h"
#include "runtime/base/text.h"
#include "runtime/report/credentials.h"
#include "runtime/template/checkout.h"
#include "runtime/template/fault_text.h"

namespace carrel::report {
namespace {

constexpr std::chrono::seconds kRenewEvery{30};
constexpr size_t kMaxReadme = size_t{1} << 20;
constexpr size_t kMaxDescription = 2000;
// Another process configures the same repository for at most so long.
constexpr std::chrono::seconds kPatience{60};
constexpr std::chrono::milliseconds kPause{200};
constexpr int64_t kAll = 1'000'000;

std::string SecretContext(std::string_view id) { return fmt::format("repository {}", id); }

RepositoryFilter OfUrl(const std::string& url) {
  RepositoryFilter filter;
  filter.git_url = url;
  filter.limit = kAll;
  return filter;
}

RepositoryFilter AtCommit(const std::string& commit) {
  RepositoryFilter filter;
  filter.git_commit = commit;
  filter.limit = 1;
  return filter;
}

// Keeps the configuration from being taken for a dead one while it lasts.
class Renewal {
 public:
  Renewal(RepositoryStore& repositories, const Clock& clock, std::string id, std::string owner)
      : thread_([&repositories, &clock, id = std::move(id),
                 owner = std::move(owner)](const std::stop_token& stop) {
          std::mutex mutex;
          std::condition_variable_any never;
          std::unique_lock lock(mutex);
          while (true) {
            never.wait_for(lock, stop, kRenewEvery, [] { return false; });
            if (stop.stop_requested()) return;
            (void)Guarded([&] { return repositories.Renew(id, owner, clock.Now()); });
          }
        }) {}

 private:
  std::jthread thread_;
};

// The first heading of the README.
std::string DescriptionFrom(const std::filesystem::path& checkout, const std::string& readme) {
  const auto tree = manifest::Checkout::Open(checkout);
  if (!tree) return {};
  const auto text = tree->ReadFile(readme, kMaxReadme);
  if (!text) return {};
  for (std::string& line : Split(*text, '\n')) {
    const size_t start = line.find_first_not_of("# \t\r");
    if (start == std::string::npos) continue;
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    return Truncate(EscapeControls(ToUtf8(line.substr(start))), kMaxDescription);
  }
  return {};
}

}  // namespace

RepositoryService::RepositoryService(RepositoryServiceParts parts, RepositoryServiceOptions options)
    : parts_(parts), options_(std::move(options)) {}

Result<Repository> RepositoryService::Described(const Account& account,
                                                const AddRepository& request) const {
  Repository repository;
  repository.name = request.name;
  repository.origin = request.origin;
  repository.owner = {account.id, account.name};
  if (request.kind == SourceKind::kDirectory) {
    std::error_code error;
    repository.git.url = std::filesystem::absolute(request.url, error).lexically_normal().string();
    repository.git.tag = kTreePrefix;
    return repository;
  }
  CARREL_ASSIGN_OR_RETURN(const git::RepositoryUrl url, git::ParseUrl(request.url, options_.urls));
  repository.git.url = url.text;
  repository.git.tag = request.ref;
  return repository;
}

Result<Configuration> RepositoryService::Add(const Account& account, std::string_view origin,
                                             const AddRepository& request,
                                             const FetchWatch& watch) {
  CARREL_ASSIGN_OR_RETURN(Repository repository, Described(account, request));
  repository.id = NewRepositoryId();
  if (const std::string text = CredentialsToText(request.credentials); !text.empty()) {
    CARREL_ASSIGN_OR_RETURN(repository.credentials,
                            parts_.secrets.Seal(text, SecretContext(repository.id)));
  }
  Actor actor = ActorOf(account, origin);
  if (request.origin == Origin::kSystem) actor.who = Who::kSystem;
  CARREL_ASSIGN_OR_RETURN(repository,
                          parts_.repositories.Create(std::move(repository), options_.host_id, actor,
                                                     parts_.clock.Now()));
  return Configure(repository, watch);
}

Result<Configuration> RepositoryService::Sync(const Account& account, std::string_view origin,
                                              std::string_view id, const FetchWatch& watch) {
  CARREL_TRY(Get(account, id));
  CARREL_ASSIGN_OR_RETURN(const Repository repository,
                          parts_.repositories.BeginSync(
                              id, options_.host_id, ActorOf(account, origin), parts_.clock.Now()));
  return Configure(repository, watch);
}

Result<Configuration> RepositoryService::Update(const Account& account, std::string_view origin,
                                                std::string_view id, const RepositoryEdit& edit,
                                                const FetchWatch& watch) {
  CARREL_TRY(Get(account, id));
  CARREL_ASSIGN_OR_RETURN(
      const Repository repository,
      parts_.repositories.BeginEdit(id, edit, options_.host_id, ActorOf(account, origin),
                                    parts_.clock.Now()));
  return Configure(repository, watch);
}

Result<std::optional<Repository>> RepositoryService::Find(const GitReference& git) {
  CARREL_ASSIGN_OR_RETURN(auto rows, parts_.repositories.List(OfUrl(git.url)));
  for (Repository& row : rows) {
    if (row.git.tag == git.tag) return std::move(row);
  }
  return std::nullopt;
}

Result<Template> RepositoryService::FindTemplate(std::string_view repository_id,
                                                 std::string_view local_id) {
  TemplateFilter filter;
  filter.repository_id = repository_id;
  filter.limit = kAll;
  CARREL_ASSIGN_OR_RETURN(auto rows, parts_.templates.List(filter));
  std::vector<std::string> known;
  for (Template& row : rows) {
    if (row.definition.local_id == local_id) return std::move(row);
    known.push_back(row.definition.local_id);
  }
  return Fail(Code::kNotFound,
              fmt::format("the repository has no report '{}'{}; it has: {}", local_id,
                          DidYouMean(local_id, known), Join(known, ", ")));
}

// The template as the store has it, when it can be run as it is.
Result<std::optional<Template>> RepositoryService::Ready(const std::optional<Repository>& known,
                                                         const GitReference& git,
                                                         std::string_view local_id) {
  if (!known || known->status != RepositoryState::kReady || known->git.commit != git.commit) {
    return std::nullopt;
  }
  CARREL_ASSIGN_OR_RETURN(Template row, FindTemplate(known->id, local_id));
  if (row.status == TemplateState::kEnabled) return row;
  if (row.status == TemplateState::kBlocked) return std::nullopt;
  return Fail(Code::kConflict, fmt::format("template {} ({}) is {}: {}", row.id, local_id,
                                           Name(row.status), row.notes));
}

Status RepositoryService::Renewed(const Repository& wanted, const Configured& configured,
                                  const Actor& actor) {
  CARREL_ASSIGN_OR_RETURN(
      const Repository begun,
      parts_.repositories.Adopt(wanted, options_.host_id, actor, parts_.clock.Now()));
  CARREL_TRY(
      parts_.repositories.Accept(begun.id, options_.host_id, configured, parts_.clock.Now()));
  (void)Forget(begun.git);  // what stays of it is no fault of this run
  return {};
}

Result<Template> RepositoryService::Offer(const Account& account, std::string_view origin,
                                          const AddRepository& request, std::string_view local_id,
                                          const FetchWatch& watch) {
  if (account.role != Role::kAdmin) return Fail(Code::kDenied, "only an admin may run a source");
  CARREL_ASSIGN_OR_RETURN(const Repository wanted, Described(account, request));
  CARREL_ASSIGN_OR_RETURN(const FetchedSource fetched,
                          Fetch(SourceOf(wanted.git.url, request.credentials), wanted.git, watch));
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  std::optional<Configured> configured;
  while (true) {
    CARREL_ASSIGN_OR_RETURN(const auto known, Find(wanted.git));
    CARREL_ASSIGN_OR_RETURN(auto ready, Ready(known, fetched.reference, local_id));
    if (ready) return std::move(*ready);
    if (!configured) {
      auto examined = Examine(fetched);
      if (!examined && examined.error().code == Code::kInvalid) {
        return Fail(Code::kInvalid, "the repository is not valid\n" + examined.error().message);
      }
      CARREL_ASSIGN_OR_RETURN(configured, std::move(examined));
    }
    const Status renewed = Renewed(wanted, *configured, ActorOf(account, origin));
    if (renewed) continue;
    const bool is_over = std::chrono::steady_clock::now() > deadline || watch.stop.stop_requested();
    if (renewed.error().code != Code::kConflict || is_over) {
      return std::unexpected(renewed.error());
    }
    std::this_thread::sleep_for(kPause);
  }
}

Status RepositoryService::Remove(const Account& account, std::string_view origin,
                                 std::string_view id) {
  CARREL_ASSIGN_OR_RETURN(const Repository row, Get(account, id));
  CARREL_TRY(parts_.repositories.Delete(id, ActorOf(account, origin), parts_.clock.Now()));
  const Status forgotten = [&]() -> Status {
    CARREL_TRY(Forget(row.git));
    CARREL_ASSIGN_OR_RETURN(const bool is_shared, IsNeeded(OfUrl(row.git.url)));
    return row.git.tag == kTreePrefix || is_shared ? Status() : parts_.cache.Remove(row.git.url);
  }();
  if (forgotten) return {};
  return Wrap(forgotten.error(), fmt::format("repository {} is removed, its files are not", id));
}

Result<bool> RepositoryService::IsNeeded(const RepositoryFilter& filter) {
  CARREL_ASSIGN_OR_RETURN(const auto rows, parts_.repositories.List(filter));
  return !rows.empty();
}

Status RepositoryService::Forget(const GitReference& git) {
  if (git.commit.empty()) return {};
  CARREL_ASSIGN_OR_RETURN(const bool is_needed, IsNeeded(AtCommit(git.commit)));
  if (is_needed) return {};
  if (git.commit.starts_with(kTreePrefix)) {
    return parts_.cache.RemoveCheckout(std::string_view(git.commit).substr(kTreePrefix.size()));
  }
  const auto commit = parts_.cache.Resolve(git.url, git.commit);
  if (commit) return parts_.cache.RemoveCheckout(commit->tree_id);
  if (commit.error().code == Code::kNotFound) return {};  // its mirror made room for others
  return std::unexpected(commit.error());
}

Result<Repository> RepositoryService::Get(const Account& account, std::string_view id) {
  CARREL_ASSIGN_OR_RETURN(Repository repository, parts_.repositories.Get(id));
  if (account.role != Role::kAdmin && repository.owner.id != account.id) {
    return Fail(Code::kNotFound, fmt::format("repository {} does not exist", id));
  }
  return repository;
}

Result<std::vector<Repository>> RepositoryService::List(const Account& account,
                                                        RepositoryFilter filter) {
  if (account.role != Role::kAdmin) filter.owner_id = account.id;
  return parts_.repositories.List(filter);
}

Result<std::vector<git::Commit>> RepositoryService::Tags(const Account& account,
                                                         std::string_view id) {
  CARREL_ASSIGN_OR_RETURN(const Repository repository, Get(account, id));
  if (repository.git.tag == kTreePrefix) return std::vector<git::Commit>();
  return parts_.cache.ListTags(repository.git.url);
}

Result<int> RepositoryService::RecoverInterrupted() {
  return parts_.repositories.RecoverInterrupted(parts_.clock.Now());
}

Result<Configuration> RepositoryService::Configure(const Repository& begun,
                                                   const FetchWatch& watch) {
  const auto examined = [&] {
    const Renewal renewal(parts_.repositories, parts_.clock, begun.id, options_.host_id);
    return FetchAndExamine(begun, watch);
  }();
  if (!examined) {
    CARREL_ASSIGN_OR_RETURN(Repository failed, parts_.repositories.Reject(
                                                   begun.id, options_.host_id,
                                                   examined.error().message, parts_.clock.Now()));
    return Configuration{std::move(failed), examined.error()};
  }
  CARREL_ASSIGN_OR_RETURN(
      Repository ready,
      parts_.repositories.Accept(begun.id, options_.host_id, *examined, parts_.clock.Now()));
  (void)Forget(begun.git);  // what stays of the commit before is no fault of this one
  return Configuration{std::move(ready), std::nullopt};
}

git::Source RepositoryService::SourceOf(std::string url, git::Credentials credentials) const {
  git::Source source;
  source.url = std::move(url);
  source.credentials = std::move(credentials);
  source.host_keys = options_.host_keys;
  source.known_hosts = options_.known_hosts;
  source.ca_file = options_.ca_file;
  return source;
}

Result<git::Source> RepositoryService::SourceOf(const Repository& repository) const {
  if (repository.credentials.empty()) return SourceOf(repository.git.url, git::Credentials());
  CARREL_ASSIGN_OR_RETURN(
      const std::string text,
      parts_.secrets.Unseal(repository.credentials, SecretContext(repository.id)));
  CARREL_ASSIGN_OR_RETURN(git::Credentials credentials, CredentialsFromText(text));
  return SourceOf(repository.git.url, std::move(credentials));
}

Result<FetchedSource> RepositoryService::Fetch(const git::Source& source, const GitReference& git,
                                               const FetchWatch& watch) {
  CARREL_ASSIGN_OR_RETURN(FetchedSource fetched,
                          FetchSource(parts_.cache, source, git, watch, options_.limits));
  const Status trimmed = parts_.cache.Trim(options_.max_cache_bytes);
  if (!trimmed) return Wrap(trimmed.error(), "cache.max_mb");
  return fetched;
}

Status RepositoryService::Refetch(const GitReference& git) {
  CARREL_ASSIGN_OR_RETURN(const auto rows, parts_.repositories.List(OfUrl(git.url)));
  if (rows.empty()) {
    return Fail(Code::kNotFound, fmt::format("{}: its repository was removed", git.url));
  }
  CARREL_ASSIGN_OR_RETURN(const git::Source source, SourceOf(rows.front()));
  git::SyncOptions sync;
  sync.limits = options_.limits.sync;
  CARREL_TRY(parts_.cache.Sync(source, sync));
  return {};
}

Result<Configured> RepositoryService::FetchAndExamine(const Repository& repository,
                                                      const FetchWatch& watch) {
  CARREL_ASSIGN_OR_RETURN(const git::Source source, SourceOf(repository));
  CARREL_ASSIGN_OR_RETURN(const FetchedSource fetched, Fetch(source, repository.git, watch));
  return Examine(fetched);
}

Result<Configured> RepositoryService::Examine(const FetchedSource& fetched) {
  const std::filesystem::path& checkout = fetched.checkout.path;
  const std::lock_guard lock(inspecting_);
  CARREL_ASSIGN_OR_RETURN(manifest::Validation validation,
                          manifest::ValidateCheckout(checkout, parts_.inspector));
  if (!validation.manifest) {
    return Fail(Code::kInvalid,
                manifest::FaultsToText(validation.faults, manifest::CheckoutSources(checkout)));
  }
  Configured configured;
  configured.commit = fetched.reference.commit;
  configured.manifest = std::move(*validation.manifest);
  configured.description = DescriptionFrom(checkout, configured.manifest.readme_file);
  return configured;
}

}  // namespace carrel::report
