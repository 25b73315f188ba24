#include "runtime/report/repository_service.h"

#include <fmt/format.h>

#include <condition_variable>
#include <stop_token>
#include <thread>
#include <utility>

#include "runtime/base/ids.h"
#include "runtime/base/text.h"
#include "runtime/report/checkouts.h"
#include "runtime/report/credentials.h"
#include "runtime/template/checkout.h"

namespace carrel::report {
namespace {

constexpr std::chrono::seconds kRenewEvery{30};
constexpr size_t kMaxReadme = size_t{1} << 20;
constexpr size_t kMaxDescription = 2000;

std::string SecretContext(std::string_view id) { return fmt::format("repository {}", id); }

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
            (void)repositories.Renew(id, owner, clock.Now());
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

RepositoryService::RepositoryService(RepositoryStore& repositories,
                                     const git::RepositoryCache& cache,
                                     manifest::Inspector& inspector,
                                     const store::SecretBox& secrets, const Clock& clock,
                                     RepositoryServiceOptions options)
    : repositories_(repositories),
      cache_(cache),
      inspector_(inspector),
      secrets_(secrets),
      clock_(clock),
      options_(std::move(options)) {}

Result<Repository> RepositoryService::Add(const Account& account, std::string_view origin,
                                          const AddRepository& request) {
  Repository repository;
  repository.id = NewRepositoryId();
  repository.name = request.name;
  repository.origin = request.origin;
  repository.owner = {account.id, account.name};
  if (request.kind == SourceKind::kDirectory) {
    std::error_code error;
    repository.git.url = std::filesystem::absolute(request.url, error).lexically_normal().string();
    repository.git.tag = kTreePrefix;
  } else {
    CARREL_ASSIGN_OR_RETURN(const git::RepositoryUrl url,
                            git::ParseUrl(request.url, options_.urls));
    repository.git.url = url.text;
    repository.git.tag = request.ref;
  }
  if (const std::string text = CredentialsToText(request.credentials); !text.empty()) {
    CARREL_ASSIGN_OR_RETURN(repository.credentials,
                            secrets_.Seal(text, SecretContext(repository.id)));
  }
  Actor actor = ActorOf(account, origin);
  if (request.origin == Origin::kSystem) actor.who = Who::kSystem;
  CARREL_ASSIGN_OR_RETURN(repository, repositories_.Create(std::move(repository), options_.host_id,
                                                           actor, clock_.Now()));
  return Configure(repository);
}

Result<Repository> RepositoryService::Sync(const Account& account, std::string_view origin,
                                           std::string_view id) {
  CARREL_TRY(Get(account, id));
  CARREL_ASSIGN_OR_RETURN(
      const Repository repository,
      repositories_.BeginSync(id, options_.host_id, ActorOf(account, origin), clock_.Now()));
  return Configure(repository);
}

Result<Repository> RepositoryService::Update(const Account& account, std::string_view origin,
                                             std::string_view id, const RepositoryEdit& edit) {
  CARREL_TRY(Get(account, id));
  CARREL_ASSIGN_OR_RETURN(
      const Repository repository,
      repositories_.BeginEdit(id, edit, options_.host_id, ActorOf(account, origin), clock_.Now()));
  return Configure(repository);
}

Status RepositoryService::Remove(const Account& account, std::string_view origin,
                                 std::string_view id) {
  CARREL_TRY(Get(account, id));
  return repositories_.Delete(id, ActorOf(account, origin), clock_.Now());
}

Result<Repository> RepositoryService::Get(const Account& account, std::string_view id) {
  CARREL_ASSIGN_OR_RETURN(Repository repository, repositories_.Get(id));
  if (account.role != Role::kAdmin && repository.owner.id != account.id) {
    return Fail(Code::kNotFound, fmt::format("repository {} does not exist", id));
  }
  return repository;
}

Result<std::vector<Repository>> RepositoryService::List(const Account& account,
                                                        RepositoryFilter filter) {
  if (account.role != Role::kAdmin) filter.owner_id = account.id;
  return repositories_.List(filter);
}

Result<std::vector<git::Commit>> RepositoryService::Tags(const Account& account,
                                                         std::string_view id) {
  CARREL_ASSIGN_OR_RETURN(const Repository repository, Get(account, id));
  if (repository.git.tag == kTreePrefix) return std::vector<git::Commit>();
  return cache_.ListTags(repository.git.url);
}

Result<int> RepositoryService::RecoverInterrupted() {
  return repositories_.RecoverInterrupted(clock_.Now());
}

Result<Repository> RepositoryService::Configure(const Repository& repository) {
  const auto examined = [&] {
    const Renewal renewal(repositories_, clock_, repository.id, options_.host_id);
    return Examine(repository);
  }();
  if (examined) {
    return repositories_.Accept(repository.id, options_.host_id, *examined, clock_.Now());
  }
  return repositories_.Reject(repository.id, options_.host_id, examined.error().message,
                              clock_.Now());
}

Result<git::Source> RepositoryService::SourceOf(const Repository& repository) const {
  git::Source source;
  source.url = repository.git.url;
  source.host_keys = options_.host_keys;
  source.known_hosts = options_.known_hosts;
  source.ca_file = options_.ca_file;
  if (!repository.credentials.empty()) {
    CARREL_ASSIGN_OR_RETURN(const std::string text,
                            secrets_.Unseal(repository.credentials, SecretContext(repository.id)));
    CARREL_ASSIGN_OR_RETURN(source.credentials, CredentialsFromText(text));
  }
  return source;
}

Result<git::Checkout> RepositoryService::FetchAndExport(const Repository& repository,
                                                        std::string& commit) {
  if (repository.git.tag == kTreePrefix) {
    CARREL_ASSIGN_OR_RETURN(git::Checkout checkout,
                            cache_.ExportDirectory(repository.git.url, options_.checkout));
    commit = std::string(kTreePrefix) + checkout.tree_id;
    return checkout;
  }
  CARREL_ASSIGN_OR_RETURN(const git::Source source, SourceOf(repository));
  git::SyncOptions sync;
  sync.limits = options_.sync;
  CARREL_TRY(cache_.Sync(source, sync));
  CARREL_ASSIGN_OR_RETURN(const git::Commit resolved,
                          cache_.Resolve(repository.git.url, repository.git.tag));
  commit = resolved.id;
  return cache_.Export(repository.git.url, commit, options_.checkout);
}

Result<Configured> RepositoryService::Examine(const Repository& repository) {
  Configured configured;
  CARREL_ASSIGN_OR_RETURN(const git::Checkout checkout,
                          FetchAndExport(repository, configured.commit));
  const std::lock_guard lock(inspecting_);
  CARREL_ASSIGN_OR_RETURN(manifest::Validation validation,
                          manifest::ValidateCheckout(checkout.path, inspector_));
  if (!validation.manifest) {
    return Fail(Code::kInvalid, manifest::FaultsToText(validation.faults,
                                                       manifest::CheckoutSources(checkout.path)));
  }
  configured.manifest = std::move(*validation.manifest);
  configured.description = DescriptionFrom(checkout.path, configured.manifest.readme_file);
  return configured;
}

}  // namespace carrel::report
