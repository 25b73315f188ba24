#include "runtime/cli/registration.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "runtime/base/ids.h"
#include "runtime/base/text.h"
#include "runtime/base/unique_fd.h"
#include "runtime/template/fault_text.h"
#include "runtime/template/validator.h"

namespace carrel::cli {
namespace {

// Another process configures the same repository for at most so long.
constexpr std::chrono::seconds kPatience{60};
constexpr std::chrono::milliseconds kPause{200};
constexpr int64_t kAll = 1'000'000;

Result<std::optional<report::Repository>> Find(App& app, const report::GitReference& reference) {
  report::RepositoryFilter all;
  all.limit = kAll;
  CARREL_ASSIGN_OR_RETURN(const auto rows, app.repositories().List(all));
  for (const report::Repository& row : rows) {
    if (row.git.url == reference.url && row.git.tag == reference.tag) return row;
  }
  return std::nullopt;
}

Result<report::Template> FindTemplate(App& app, const std::string& repository_id,
                                      const std::string& local_id) {
  report::TemplateFilter filter;
  filter.repository_id = repository_id;
  filter.limit = kAll;
  CARREL_ASSIGN_OR_RETURN(const auto rows, app.templates().List(filter));
  std::vector<std::string> known;
  for (const report::Template& row : rows) {
    if (row.definition.local_id == local_id) return row;
    known.push_back(row.definition.local_id);
  }
  return Fail(Code::kNotFound,
              fmt::format("the repository has no report '{}'{}; it has: {}", local_id,
                          DidYouMean(local_id, known), Join(known, ", ")));
}

Result<manifest::Manifest> Validated(App& app, const git::Checkout& checkout) {
  CARREL_ASSIGN_OR_RETURN(manifest::Validation validation,
                          manifest::ValidateCheckout(checkout.path, app.host().inspector()));
  if (validation.manifest) return std::move(*validation.manifest);
  return Fail(Code::kInvalid, "the repository is not valid\n" +
                                  manifest::FaultsToText(validation.faults,
                                                         manifest::CheckoutSources(checkout.path)));
}

Status Configure(App& app, const report::Account& account, const PreparedSource& source,
                 const std::optional<report::Repository>& known) {
  CARREL_ASSIGN_OR_RETURN(manifest::Manifest manifest, Validated(app, source.checkout));
  const report::Actor actor = report::ActorOf(account, kOrigin);
  const Timestamp now = app.clock().Now();
  report::Repository row;
  if (known) {
    CARREL_ASSIGN_OR_RETURN(row,
                            app.repositories().BeginSync(known->id, app.host_id(), actor, now));
  } else {
    row.id = NewRepositoryId();
    row.git = source.reference;
    row.owner = {account.id, account.name};
    CARREL_ASSIGN_OR_RETURN(row,
                            app.repositories().Create(std::move(row), app.host_id(), actor, now));
  }
  const report::Configured configured{source.reference.commit, std::move(manifest), ""};
  CARREL_TRY(app.repositories().Accept(row.id, app.host_id(), configured, app.clock().Now()));
  return {};
}

// Of all processes that share the data directory one registers at a time, so that two first runs
// of a repository make one row of it.
Result<UniqueFd> Lock(const std::filesystem::path& data) {
  const std::filesystem::path path = data / "register.lock";
  UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return FailErrno(path.string());
  while (::flock(file.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return FailErrno(path.string());
  }
  return file;
}

// The template as the store has it, when it can be run as it is.
Result<std::optional<report::Template>> Ready(App& app,
                                              const std::optional<report::Repository>& known,
                                              const PreparedSource& source,
                                              const std::string& local_id) {
  if (!known || known->status != report::RepositoryState::kReady ||
      known->git.commit != source.reference.commit) {
    return std::nullopt;
  }
  CARREL_ASSIGN_OR_RETURN(report::Template row, FindTemplate(app, known->id, local_id));
  if (row.status == report::TemplateState::kEnabled) return row;
  if (row.status == report::TemplateState::kBlocked) return std::nullopt;
  return Fail(Code::kConflict, fmt::format("template {} ({}) is {}: {}", row.id, local_id,
                                           report::Name(row.status), row.notes));
}

}  // namespace

Result<report::Template> Register(App& app, const report::Account& account,
                                  const PreparedSource& source, const std::string& local_id) {
  CARREL_ASSIGN_OR_RETURN(const UniqueFd lock, Lock(app.host().paths().root));
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    CARREL_ASSIGN_OR_RETURN(const auto known, Find(app, source.reference));
    CARREL_ASSIGN_OR_RETURN(auto ready, Ready(app, known, source, local_id));
    if (ready) return std::move(*ready);
    const Status configured = Configure(app, account, source, known);
    if (configured) continue;
    if (configured.error().code != Code::kConflict || std::chrono::steady_clock::now() > deadline) {
      return std::unexpected(configured.error());
    }
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace carrel::cli
