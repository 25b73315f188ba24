#include "runtime/report/repository_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "runtime/base/ids.h"
#include "runtime/report/host_identity.h"
#include "runtime/report/sql_records.h"

namespace carrel::report {
namespace {

using sql::Micros;
using store::Execute;
using store::Query;
using store::Transaction;

constexpr int kIdAttempts = 8;
constexpr std::chrono::seconds kLease{120};

struct Step {
  RepositoryAction action;
  const Actor& actor;
  Timestamp now;
  std::string_view note;
};

Result<bool> Exists(Transaction& transaction, std::string_view id) {
  CARREL_ASSIGN_OR_RETURN(auto rows,
                          Query(transaction, "SELECT 1 FROM repositories WHERE id = ?", id));
  return rows->Step();
}

Status Insert(Transaction& transaction, const Repository& repository, std::string_view lease_owner,
              Timestamp now) {
  CARREL_TRY(Execute(
      transaction,
      "INSERT INTO repositories (id, name, description, version, language, requirements, "
      "repository_type, revision, git_url, git_tag, git_commit, status, notes, credentials, "
      "owner_id, owner_name, events, created, next_template, lease_owner, lease_expires) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, '', ?, '', ?, ?, ?, ?, ?, 1, ?, ?)",
      repository.id, repository.name, repository.description, repository.version,
      repository.language, repository.requirements, Name(repository.origin), repository.git.url,
      repository.git.tag, Name(repository.status), repository.credentials, repository.owner.id,
      repository.owner.name, DumpJson(ToJson(repository.events)), Micros(repository.created),
      lease_owner, Micros(now + kLease)));
  return {};
}

// Status, events, the fields that a configuration or an edit settles, and the lease.
Status Write(Transaction& transaction, const Repository& before, Repository& after,
             std::string_view lease_owner, const Step& step) {
  const std::string event(step.action == RepositoryAction::kEdit ||
                                  step.action == RepositoryAction::kSync
                              ? "updated"
                              : Name(after.status));
  after.events[event] = MakeEvent(step.now, step.actor);
  CARREL_ASSIGN_OR_RETURN(
      const int64_t changed,
      Execute(transaction,
              "UPDATE repositories SET status = ?, events = ?, name = ?, description = ?, "
              "version = ?, language = ?, requirements = ?, revision = ?, git_tag = ?, "
              "git_commit = ?, notes = ?, lease_owner = ?, lease_expires = ? "
              "WHERE id = ? AND status = ?",
              Name(after.status), DumpJson(ToJson(after.events)), after.name, after.description,
              after.version, after.language, after.requirements, after.revision, after.git.tag,
              after.git.commit, after.notes, store::TextOrNull{lease_owner},
              Micros(step.now + kLease), before.id, Name(before.status)));
  if (changed == 0) return sql::LostRace("repository", before.id);
  return sql::WriteAudit(transaction, {step.now, before.id, Name(step.action), Name(before.status),
                                       Name(after.status), step.actor, step.note});
}

Result<std::vector<Template>> TemplatesOf(Transaction& transaction, std::string_view id) {
  CARREL_ASSIGN_OR_RETURN(auto rows,
                          Query(transaction,
                                fmt::format("{} WHERE t.repository_id = ? ORDER BY t.created, t.id",
                                            sql::TemplateSelect()),
                                id));
  std::vector<Template> out;
  while (true) {
    CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
    if (!found) return out;
    CARREL_ASSIGN_OR_RETURN(Template row, sql::ReadTemplate(*rows));
    out.push_back(std::move(row));
  }
}

Status BlockEnabled(Transaction& transaction, std::string_view id, std::string_view note,
                    Timestamp now) {
  CARREL_ASSIGN_OR_RETURN(const auto templates, TemplatesOf(transaction, id));
  for (const Template& row : templates) {
    if (row.status != TemplateState::kEnabled) continue;
    CARREL_TRY(sql::BlockTemplate(transaction, row, note, now));
  }
  return {};
}

Result<int64_t> TakeTemplateIndex(Transaction& transaction, std::string_view repository_id) {
  CARREL_TRY(Execute(transaction,
                     "UPDATE repositories SET next_template = next_template + 1 WHERE id = ?",
                     repository_id));
  CARREL_ASSIGN_OR_RETURN(
      auto rows,
      Query(transaction, "SELECT next_template - 1 FROM repositories WHERE id = ?", repository_id));
  CARREL_TRY(rows->Step());
  return rows->Integer(0);
}

Status AddTemplate(Transaction& transaction, const Repository& repository,
                   const manifest::ReportDefinition& definition, Timestamp now) {
  const Actor actor = SystemActor();
  CARREL_ASSIGN_OR_RETURN(const TemplateState state,
                          NextState(TemplateState::kNone, TemplateAction::kCreate, actor.who));
  CARREL_ASSIGN_OR_RETURN(const int64_t index, TakeTemplateIndex(transaction, repository.id));
  const std::string id = TemplateId(repository.id, static_cast<int>(index));
  const Events events = {{"created", MakeEvent(now, actor)}};
  CARREL_TRY(Execute(
      transaction,
      "INSERT INTO templates (id, repository_id, local_id, name, description, template_type, "
      "specs_version, status, notes, definition, events, created) "
      "VALUES (?, ?, ?, ?, '', ?, ?, ?, '', ?, ?, ?)",
      id, repository.id, definition.local_id, definition.name, Name(repository.origin),
      Name(definition.spec), Name(state), DumpJson(manifest::ToJson(definition)),
      DumpJson(ToJson(events)), Micros(now)));
  return sql::WriteAudit(transaction, {now, id, Name(TemplateAction::kCreate),
                                       Name(TemplateState::kNone), Name(state), actor, ""});
}

Status UpdateTemplate(Transaction& transaction, const Template& before,
                      const manifest::ReportDefinition& definition, Timestamp now) {
  const Actor actor = SystemActor();
  TemplateState state = before.status;
  Events events = before.events;
  std::string notes = before.notes;
  if (state == TemplateState::kBlocked) {
    CARREL_ASSIGN_OR_RETURN(state, NextState(state, TemplateAction::kUnblock, actor.who));
    events[std::string(Name(state))] = MakeEvent(now, actor);
    notes.clear();
    CARREL_TRY(sql::WriteAudit(transaction, {now, before.id, Name(TemplateAction::kUnblock),
                                             Name(before.status), Name(state), actor, ""}));
  }
  CARREL_ASSIGN_OR_RETURN(
      const int64_t changed,
      Execute(transaction,
              "UPDATE templates SET status = ?, notes = ?, name = ?, specs_version = ?, "
              "definition = ?, events = ? WHERE id = ? AND status = ?",
              Name(state), notes, definition.name, Name(definition.spec),
              DumpJson(manifest::ToJson(definition)), DumpJson(ToJson(events)), before.id,
              Name(before.status)));
  if (changed == 0) return sql::LostRace("template", before.id);
  return {};
}

Status RemoveTemplate(Transaction& transaction, const Template& row, std::string_view reason,
                      Timestamp now) {
  const Actor actor = SystemActor();
  CARREL_ASSIGN_OR_RETURN(const TemplateState to,
                          NextState(row.status, TemplateAction::kRemove, actor.who));
  CARREL_TRY(sql::RejectPending(transaction, sql::RejectBy::kTemplate, row.id, reason, now));
  CARREL_TRY(Execute(transaction, "DELETE FROM templates WHERE id = ?", row.id));
  return sql::WriteAudit(transaction, {now, row.id, Name(TemplateAction::kRemove), Name(row.status),
                                       Name(to), actor, reason});
}

Status ReplaceTemplates(Transaction& transaction, const Repository& repository,
                        const manifest::Manifest& manifest, Timestamp now) {
  CARREL_ASSIGN_OR_RETURN(const auto have, TemplatesOf(transaction, repository.id));
  std::map<std::string, const Template*, std::less<>> by_local_id;
  for (const Template& row : have) {
    if (manifest.FindReport(row.definition.local_id) == nullptr) {
      CARREL_TRY(RemoveTemplate(transaction, row,
                                fmt::format("repository {} no longer offers '{}'", repository.id,
                                            row.definition.local_id),
                                now));
    } else {
      by_local_id[row.definition.local_id] = &row;
    }
  }
  for (const manifest::ReportDefinition& definition : manifest.reports) {
    const auto known = by_local_id.find(definition.local_id);
    CARREL_TRY(known == by_local_id.end()
                   ? AddTemplate(transaction, repository, definition, now)
                   : UpdateTemplate(transaction, *known->second, definition, now));
  }
  return {};
}

// The repository, if `lease_owner` still configures it.
Result<Repository> LoadHeld(Transaction& transaction, std::string_view id,
                            std::string_view lease_owner) {
  CARREL_ASSIGN_OR_RETURN(Repository repository, sql::LoadRepository(transaction, id));
  CARREL_ASSIGN_OR_RETURN(
      auto rows, Query(transaction, "SELECT lease_owner FROM repositories WHERE id = ?", id));
  CARREL_TRY(rows->Step());
  if (rows->Text(0) != lease_owner) return sql::LostRace("repository", id);
  return repository;
}

Result<Repository> RejectIn(Transaction& transaction, const Repository& before,
                            std::string_view notes, Timestamp now) {
  const Actor actor = SystemActor();
  const Step step{RepositoryAction::kReject, actor, now, notes};
  Repository after = before;
  CARREL_ASSIGN_OR_RETURN(after.status, NextState(before.status, step.action, actor.who));
  after.notes = notes;
  CARREL_TRY(Write(transaction, before, after, "", step));
  CARREL_TRY(sql::RejectPending(transaction, sql::RejectBy::kRepository, before.id,
                                fmt::format("repository {} failed", before.id), now));
  return after;
}

Result<Repository> Begin(Transaction& transaction, const Repository& before, Repository after,
                         std::string_view lease_owner, const Step& step) {
  CARREL_ASSIGN_OR_RETURN(after.status, NextState(before.status, step.action, step.actor.who));
  after.notes.clear();
  CARREL_TRY(Write(transaction, before, after, lease_owner, step));
  CARREL_TRY(BlockEnabled(transaction, before.id,
                          fmt::format("repository {} is being configured", before.id), step.now));
  return after;
}

// False when the id of `repository` is taken.
Result<bool> TryCreate(Transaction& transaction, const Repository& repository,
                       std::string_view lease_owner, const Step& step) {
  CARREL_ASSIGN_OR_RETURN(const bool taken, Exists(transaction, repository.id));
  if (taken) return false;
  CARREL_TRY(Insert(transaction, repository, lease_owner, step.now));
  CARREL_TRY(sql::WriteAudit(
      transaction, {step.now, repository.id, Name(step.action), Name(RepositoryState::kNone),
                    Name(repository.status), step.actor, step.note}));
  return true;
}

// `repository` as a new row, under an id that is free.
Result<Repository> CreateIn(Transaction& transaction, Repository repository,
                            std::string_view lease_owner, const Step& step) {
  CARREL_ASSIGN_OR_RETURN(repository.status,
                          NextState(RepositoryState::kNone, step.action, step.actor.who));
  repository.created = step.now;
  repository.events = {{"created", MakeEvent(step.now, step.actor)}};
  // An id that was drawn before, for credentials sealed under it, is kept if it is free.
  if (repository.id.empty()) repository.id = NewRepositoryId();
  for (int attempt = 0; attempt < kIdAttempts; ++attempt) {
    CARREL_ASSIGN_OR_RETURN(const bool created,
                            TryCreate(transaction, repository, lease_owner, step));
    if (created) return repository;
    if (!repository.credentials.empty()) {
      return Fail(Code::kConflict, fmt::format("repository {} exists already", repository.id));
    }
    repository.id = NewRepositoryId();
  }
  return Fail(Code::kInternal, "no free repository id found");
}

Result<std::optional<Repository>> FindIn(Transaction& transaction, const GitReference& git) {
  std::string id;
  {
    CARREL_ASSIGN_OR_RETURN(auto rows,
                            Query(transaction,
                                  "SELECT id FROM repositories WHERE git_url = ? AND git_tag = ? "
                                  "ORDER BY created, id LIMIT 1",
                                  git.url, git.tag));
    CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
    if (!found) return std::nullopt;
    id = rows->Text(0);
  }
  CARREL_ASSIGN_OR_RETURN(Repository found, sql::LoadRepository(transaction, id));
  return found;
}

}  // namespace

std::string_view Name(Origin origin) { return origin == Origin::kSystem ? "system" : "custom"; }

Result<Repository> SqlRepositoryStore::Create(Repository repository, std::string_view lease_owner,
                                              const Actor& actor, Timestamp now) {
  return database_.Write([&](Transaction& transaction) {
    return CreateIn(transaction, std::move(repository), lease_owner,
                    {RepositoryAction::kCreate, actor, now, ""});
  });
}

Result<Repository> SqlRepositoryStore::Adopt(Repository repository, std::string_view lease_owner,
                                             const Actor& actor, Timestamp now) {
  return database_.Write([&](Transaction& transaction) -> Result<Repository> {
    CARREL_ASSIGN_OR_RETURN(const auto known, FindIn(transaction, repository.git));
    if (!known) {
      return CreateIn(transaction, std::move(repository), lease_owner,
                      {RepositoryAction::kCreate, actor, now, ""});
    }
    return Begin(transaction, *known, *known, lease_owner,
                 {RepositoryAction::kSync, actor, now, ""});
  });
}

Result<Repository> SqlRepositoryStore::Get(std::string_view id) {
  return database_.Read(
      [&](Transaction& transaction) { return sql::LoadRepository(transaction, id); });
}

Result<std::vector<Repository>> SqlRepositoryStore::List(const RepositoryFilter& filter) {
  return database_.Read([&](Transaction& transaction) -> Result<std::vector<Repository>> {
    CARREL_ASSIGN_OR_RETURN(
        auto rows, Query(transaction,
                         fmt::format("SELECT {} FROM repositories WHERE (? = '' OR owner_id = ?) "
                                     "AND (? = '' OR git_url = ?) AND (? = '' OR git_commit = ?) "
                                     "ORDER BY created, id LIMIT ? OFFSET ?",
                                     sql::RepositoryColumns()),
                         filter.owner_id, filter.owner_id, filter.git_url, filter.git_url,
                         filter.git_commit, filter.git_commit, filter.limit, filter.offset));
    std::vector<Repository> out;
    while (true) {
      CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
      if (!found) return out;
      CARREL_ASSIGN_OR_RETURN(Repository repository, sql::ReadRepository(*rows));
      out.push_back(std::move(repository));
    }
  });
}

Result<Repository> SqlRepositoryStore::BeginSync(std::string_view id, std::string_view lease_owner,
                                                 const Actor& actor, Timestamp now) {
  return database_.Write([&](Transaction& transaction) -> Result<Repository> {
    CARREL_ASSIGN_OR_RETURN(const Repository before, sql::LoadRepository(transaction, id));
    return Begin(transaction, before, before, lease_owner,
                 {RepositoryAction::kSync, actor, now, ""});
  });
}

Result<Repository> SqlRepositoryStore::BeginEdit(std::string_view id, const RepositoryEdit& edit,
                                                 std::string_view lease_owner, const Actor& actor,
                                                 Timestamp now) {
  return database_.Write([&](Transaction& transaction) -> Result<Repository> {
    CARREL_ASSIGN_OR_RETURN(const Repository before, sql::LoadRepository(transaction, id));
    Repository after = before;
    if (!edit.name.empty()) after.name = edit.name;
    after.git.tag = edit.tag;
    return Begin(transaction, before, after, lease_owner,
                 {RepositoryAction::kEdit, actor, now, edit.tag});
  });
}

Status SqlRepositoryStore::Renew(std::string_view id, std::string_view lease_owner, Timestamp now) {
  return database_.Write([&](Transaction& transaction) -> Status {
    CARREL_ASSIGN_OR_RETURN(
        const int64_t changed,
        Execute(transaction,
                "UPDATE repositories SET lease_expires = ? WHERE id = ? AND "
                "lease_owner = ? AND status = ?",
                Micros(now + kLease), id, lease_owner, Name(RepositoryState::kConfiguring)));
    if (changed == 0) return sql::LostRace("repository", id);
    return {};
  });
}

Result<Repository> SqlRepositoryStore::Accept(std::string_view id, std::string_view lease_owner,
                                              const Configured& configured, Timestamp now) {
  return database_.Write([&](Transaction& transaction) -> Result<Repository> {
    const Actor actor = SystemActor();
    const Step step{RepositoryAction::kAccept, actor, now, configured.commit};
    CARREL_ASSIGN_OR_RETURN(const Repository before, LoadHeld(transaction, id, lease_owner));
    Repository after = before;
    CARREL_ASSIGN_OR_RETURN(after.status, NextState(before.status, step.action, actor.who));
    const manifest::Manifest& manifest = configured.manifest;
    if (after.name.empty()) after.name = manifest.name;
    after.description = configured.description;
    after.version = manifest.version;
    after.language = manifest::Name(manifest.language);
    after.requirements = manifest.requirements;
    after.git.commit = configured.commit;
    after.revision = before.revision + 1;
    after.notes.clear();
    CARREL_TRY(Write(transaction, before, after, "", step));
    CARREL_TRY(ReplaceTemplates(transaction, after, manifest, now));
    return after;
  });
}

Result<Repository> SqlRepositoryStore::Reject(std::string_view id, std::string_view lease_owner,
                                              std::string_view notes, Timestamp now) {
  return database_.Write([&](Transaction& transaction) -> Result<Repository> {
    CARREL_ASSIGN_OR_RETURN(const Repository before, LoadHeld(transaction, id, lease_owner));
    return RejectIn(transaction, before, notes, now);
  });
}

Status SqlRepositoryStore::Delete(std::string_view id, const Actor& actor, Timestamp now) {
  return database_.Write([&](Transaction& transaction) -> Status {
    CARREL_ASSIGN_OR_RETURN(const Repository before, sql::LoadRepository(transaction, id));
    CARREL_ASSIGN_OR_RETURN(const RepositoryState to,
                            NextState(before.status, RepositoryAction::kDelete, actor.who));
    const std::string reason = fmt::format("repository {} was deleted", id);
    CARREL_ASSIGN_OR_RETURN(const auto templates, TemplatesOf(transaction, id));
    for (const Template& row : templates) {
      CARREL_TRY(RemoveTemplate(transaction, row, reason, now));
    }
    CARREL_TRY(sql::RejectPending(transaction, sql::RejectBy::kRepository, id, reason, now));
    CARREL_ASSIGN_OR_RETURN(
        const int64_t changed,
        Execute(transaction, "DELETE FROM repositories WHERE id = ? AND status = ?", id,
                Name(before.status)));
    if (changed == 0) return sql::LostRace("repository", id);
    return sql::WriteAudit(transaction, {now, id, Name(RepositoryAction::kDelete),
                                         Name(before.status), Name(to), actor, ""});
  });
}

Result<int> SqlRepositoryStore::RecoverInterrupted(Timestamp now) {
  return database_.Write([&](Transaction& transaction) -> Result<int> {
    std::vector<std::string> lost;
    {
      CARREL_ASSIGN_OR_RETURN(auto rows,
                              Query(transaction,
                                    "SELECT id, lease_owner, lease_expires FROM repositories "
                                    "WHERE status = ?",
                                    Name(RepositoryState::kConfiguring)));
      while (true) {
        CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
        if (!found) break;
        const bool gone =
            LivenessOf(rows->Text(1)) == Liveness::kDead || sql::FromMicros(*rows, 2) <= now;
        if (gone) lost.emplace_back(rows->Text(0));
      }
    }
    for (const std::string& id : lost) {
      CARREL_ASSIGN_OR_RETURN(const Repository before, sql::LoadRepository(transaction, id));
      CARREL_TRY(RejectIn(transaction, before,
                          "the host stopped while it configured the repository; sync it again",
                          now));
    }
    return static_cast<int>(lost.size());
  });
}

}  // namespace carrel::report
