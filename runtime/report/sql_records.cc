#include "runtime/report/sql_records.h"

#include <fmt/format.h>

namespace carrel::report::sql {
namespace {

using store::TextColumn;

std::optional<Duration> ReadDuration(const store::Statement& row, int column) {
  if (row.IsNull(column)) return std::nullopt;
  return Duration(row.Integer(column));
}

// Of three columns.
std::optional<ResourceUse> ReadUse(const store::Statement& row, int column) {
  constexpr double kMicrosInSecond = 1e6;
  if (row.IsNull(column)) return std::nullopt;
  return ResourceUse{static_cast<double>(row.Integer(column)) / kMicrosInSecond,
                     static_cast<double>(row.Integer(column + 1)) / kMicrosInSecond,
                     static_cast<uint64_t>(row.Integer(column + 2))};
}

Result<manifest::ReportDefinition> ReadDefinition(const store::Statement& row, int column) {
  CARREL_ASSIGN_OR_RETURN(const Json json, ParseJson(row.Text(column)));
  return manifest::ReportFromJson(json);
}

Origin ReadOrigin(const store::Statement& row, int column) {
  return row.Text(column) == "system" ? Origin::kSystem : Origin::kCustom;
}

}  // namespace

int64_t Micros(Timestamp time) { return time.time_since_epoch().count(); }
Timestamp FromMicros(int64_t micros) { return Timestamp(std::chrono::microseconds(micros)); }
Timestamp FromMicros(const store::Statement& row, int column) {
  return FromMicros(row.Integer(column));
}

std::string_view ReportColumns() {
  return "id, name, description, status, template_id, template_type, definition, repository_id, "
         "repository_name, git_url, git_tag, git_commit, requirements, renderer, parameters, "
         "limits, progress_value, progress_max, progress_stage, wait_us, deploy_us, run_us, "
         "artifact, report_size, report_rows, sha256, verdict, failure_output, notes, "
         "sandbox_tier, schedule_id, schedule_name, owner_id, owner_name, owner_role, events, "
         "created, attempts, wall_us, cpu_us, peak_memory";
}

Result<Report> ReadReport(const store::Statement& row) {
  Report out;
  int at = 0;
  const auto text = [&] { return TextColumn(row, at++); };
  out.id = text();
  out.name = text();
  out.description = text();
  out.status = ReportStateFromName(text()).value_or(ReportState::kFailed);
  out.source.id = text();
  out.source.origin = ReadOrigin(row, at++);
  CARREL_ASSIGN_OR_RETURN(out.source.definition, ReadDefinition(row, at++));
  out.source.repository = {text(), {}};
  out.source.repository.name = text();
  out.source.git.url = text();
  out.source.git.tag = text();
  out.source.git.commit = text();
  out.source.requirements = text();
  out.renderer = text();
  CARREL_ASSIGN_OR_RETURN(out.parameters, ParseJson(row.Text(at++)));
  CARREL_ASSIGN_OR_RETURN(out.limits, ParseJson(row.Text(at++)));
  out.progress.value = row.Real(at++);
  out.progress.max = row.Real(at++);
  out.progress.stage = text();
  out.timing.wait = ReadDuration(row, at++);
  out.timing.deploy = ReadDuration(row, at++);
  out.timing.run = ReadDuration(row, at++);
  out.artifact = text();
  out.report_size = static_cast<uint64_t>(row.Integer(at++));
  out.rows = static_cast<uint64_t>(row.Integer(at++));
  out.sha256 = text();
  out.verdict = text();
  out.failure_output = text();
  out.notes = text();
  out.sandbox_tier = text();
  out.schedule.id = text();
  out.schedule.name = text();
  out.owner.id = text();
  out.owner.name = text();
  out.owner.role = RoleFromName(text()).value_or(Role::kVendor);
  CARREL_ASSIGN_OR_RETURN(out.events, EventsFromJson(row.Text(at++)));
  out.created = FromMicros(row, at++);
  out.attempts = static_cast<int>(row.Integer(at++));
  out.use = ReadUse(row, at);
  return out;
}

std::string_view RepositoryColumns() {
  return "id, name, description, version, language, requirements, repository_type, revision, "
         "git_url, git_tag, git_commit, status, notes, credentials, owner_id, owner_name, events, "
         "created";
}

Result<Repository> ReadRepository(const store::Statement& row) {
  Repository out;
  int at = 0;
  const auto text = [&] { return TextColumn(row, at++); };
  out.id = text();
  out.name = text();
  out.description = text();
  out.version = text();
  out.language = text();
  out.requirements = text();
  out.origin = ReadOrigin(row, at++);
  out.revision = row.Integer(at++);
  out.git.url = text();
  out.git.tag = text();
  out.git.commit = text();
  out.status = RepositoryStateFromName(text()).value_or(RepositoryState::kFailed);
  out.notes = text();
  out.credentials = text();
  out.owner.id = text();
  out.owner.name = text();
  CARREL_ASSIGN_OR_RETURN(out.events, EventsFromJson(row.Text(at++)));
  out.created = FromMicros(row, at++);
  return out;
}

std::string_view TemplateSelect() {
  return "SELECT t.id, t.repository_id, r.name, r.owner_id, r.owner_name, r.git_url, r.git_tag, "
         "r.git_commit, r.requirements, t.template_type, t.status, t.notes, t.definition, "
         "t.events, t.created FROM templates t JOIN repositories r ON r.id = t.repository_id ";
}

Result<Template> ReadTemplate(const store::Statement& row) {
  Template out;
  int at = 0;
  const auto text = [&] { return TextColumn(row, at++); };
  out.id = text();
  out.repository.id = text();
  out.repository.name = text();
  out.owner.id = text();
  out.owner.name = text();
  out.git.url = text();
  out.git.tag = text();
  out.git.commit = text();
  out.requirements = text();
  out.origin = ReadOrigin(row, at++);
  out.status = TemplateStateFromName(text()).value_or(TemplateState::kBlocked);
  out.notes = text();
  CARREL_ASSIGN_OR_RETURN(out.definition, ReadDefinition(row, at++));
  CARREL_ASSIGN_OR_RETURN(out.events, EventsFromJson(row.Text(at++)));
  out.created = FromMicros(row, at++);
  return out;
}

Result<Report> LoadReport(store::Transaction& transaction, std::string_view id) {
  CARREL_ASSIGN_OR_RETURN(
      auto rows,
      store::Query(transaction, fmt::format("SELECT {} FROM reports WHERE id = ?", ReportColumns()),
                   id));
  CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
  if (!found) return Fail(Code::kNotFound, fmt::format("report {} does not exist", id));
  return ReadReport(*rows);
}

Result<Repository> LoadRepository(store::Transaction& transaction, std::string_view id) {
  CARREL_ASSIGN_OR_RETURN(
      auto rows,
      store::Query(transaction,
                   fmt::format("SELECT {} FROM repositories WHERE id = ?", RepositoryColumns()),
                   id));
  CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
  if (!found) return Fail(Code::kNotFound, fmt::format("repository {} does not exist", id));
  return ReadRepository(*rows);
}

Result<Template> LoadTemplate(store::Transaction& transaction, std::string_view id) {
  CARREL_ASSIGN_OR_RETURN(
      auto rows, store::Query(transaction, fmt::format("{} WHERE t.id = ?", TemplateSelect()), id));
  CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
  if (!found) return Fail(Code::kNotFound, fmt::format("template {} does not exist", id));
  return ReadTemplate(*rows);
}

Status WriteAudit(store::Transaction& transaction, const AuditEntry& entry) {
  CARREL_TRY(store::Execute(
      transaction,
      "INSERT INTO audit (at, object_id, action, from_status, to_status, "
      "actor_id, actor_name, origin, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      Micros(entry.at), entry.object_id, entry.action, entry.from, entry.to, entry.actor.account.id,
      entry.actor.account.name, entry.actor.origin, entry.note));
  return {};
}

std::unexpected<Error> LostRace(std::string_view object, std::string_view id) {
  return Fail(Code::kConflict,
              fmt::format("{} {} was changed by somebody else at the same time", object, id));
}

Status RejectPending(store::Transaction& transaction, RejectBy by, std::string_view id,
                     std::string_view reason, Timestamp now) {
  const Actor actor = SystemActor();
  CARREL_ASSIGN_OR_RETURN(const ReportState to,
                          NextState(ReportState::kPending, ReportAction::kReject, actor.who));
  std::vector<std::pair<std::string, Events>> pending;
  {
    const std::string_view column = by == RejectBy::kTemplate ? "template_id" : "repository_id";
    CARREL_ASSIGN_OR_RETURN(
        auto rows,
        store::Query(
            transaction,
            fmt::format("SELECT id, events FROM reports WHERE {} = ? AND status = ?", column), id,
            Name(ReportState::kPending)));
    while (true) {
      CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
      if (!found) break;
      CARREL_ASSIGN_OR_RETURN(Events events, EventsFromJson(rows->Text(1)));
      pending.emplace_back(rows->Text(0), std::move(events));
    }
  }
  for (auto& [report_id, events] : pending) {
    events[std::string(Name(to))] = MakeEvent(now, actor);
    CARREL_TRY(store::Execute(transaction,
                              "UPDATE reports SET status = ?, notes = ?, events = ? "
                              "WHERE id = ? AND status = ?",
                              Name(to), reason, DumpJson(ToJson(events)), report_id,
                              Name(ReportState::kPending)));
    CARREL_TRY(WriteAudit(transaction, {now, report_id, Name(ReportAction::kReject),
                                        Name(ReportState::kPending), Name(to), actor, reason}));
  }
  return {};
}

Status BlockTemplate(store::Transaction& transaction, const Template& row, std::string_view note,
                     Timestamp now) {
  const Actor actor = SystemActor();
  CARREL_ASSIGN_OR_RETURN(const TemplateState to,
                          NextState(row.status, TemplateAction::kBlock, actor.who));
  Events events = row.events;
  events[std::string(Name(to))] = MakeEvent(now, actor);
  CARREL_ASSIGN_OR_RETURN(
      const int64_t changed,
      store::Execute(transaction,
                     "UPDATE templates SET status = ?, notes = ?, events = ? "
                     "WHERE id = ? AND status = ?",
                     Name(to), note, DumpJson(ToJson(events)), row.id, Name(row.status)));
  if (changed == 0) return LostRace("template", row.id);
  return WriteAudit(transaction, {now, row.id, Name(TemplateAction::kBlock), Name(row.status),
                                  Name(to), actor, note});
}

}  // namespace carrel::report::sql
