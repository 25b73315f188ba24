#include "runtime/report/report_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/base/ids.h"
#include "runtime/base/text.h"
#include "runtime/report/host_identity.h"
#include "runtime/report/sql_records.h"

namespace carrel::report {
namespace {

using sql::Micros;
using store::Execute;
using store::Query;
using store::Transaction;

constexpr int kIdAttempts = 8;

Status Insert(Transaction& transaction, const Report& report) {
  const TemplateSnapshot& source = report.source;
  CARREL_TRY(Execute(
      transaction,
      "INSERT INTO reports (id, name, description, status, template_id, template_name, "
      "template_type, definition, repository_id, repository_name, git_url, git_tag, git_commit, "
      "requirements, renderer, parameters, limits, progress_value, progress_max, progress_stage, "
      "artifact, report_size, report_rows, sha256, verdict, failure_output, notes, sandbox_tier, "
      "schedule_id, schedule_name, owner_id, owner_name, owner_role, events, created, attempts) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, '', '', 0, 0, '', '', '', "
      "'', '', ?, ?, ?, ?, ?, ?, ?, 0)",
      report.id, report.name, report.description, Name(report.status), source.id,
      source.definition.name, Name(source.origin), DumpJson(manifest::ToJson(source.definition)),
      source.repository.id, source.repository.name, source.git.url, source.git.tag,
      source.git.commit, source.requirements, report.renderer, DumpJson(report.parameters),
      DumpJson(report.limits), report.schedule.id, report.schedule.name, report.owner.id,
      report.owner.name, Name(report.owner.role), DumpJson(ToJson(report.events)),
      Micros(report.created)));
  return {};
}

// What one step changes of a report; the rest of its row stays.
struct Step {
  ReportAction action;
  const Actor& actor;
  Timestamp now;
  std::string_view note;
};

// The row of `report` after the step, still to be written.
Result<Report> Stepped(Report report, const Step& step) {
  CARREL_ASSIGN_OR_RETURN(report.status, NextState(report.status, step.action, step.actor.who));
  if (report.status == ReportState::kPending) report.events.erase("deploying");
  if (report.status == ReportState::kDeploying || report.status == ReportState::kReady ||
      report.status == ReportState::kFailed) {
    report.events[std::string(Name(report.status))] = MakeEvent(step.now, step.actor);
  }
  return report;
}

Status Audit(Transaction& transaction, const Report& before, ReportState to, const Step& step) {
  return sql::WriteAudit(transaction, {step.now, before.id, Name(step.action), Name(before.status),
                                       Name(to), step.actor, step.note});
}

// The report, if `lease` still holds it.
Result<Report> LoadHeld(Transaction& transaction, const Lease& lease) {
  CARREL_ASSIGN_OR_RETURN(
      auto rows, Query(transaction, "SELECT lease_owner FROM reports WHERE id = ? AND attempts = ?",
                       lease.report_id, lease.attempt));
  CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
  if (!found || rows->Text(0) != lease.owner) {
    return Fail(Code::kConflict, fmt::format("report {}: attempt {} no longer holds the lease",
                                             lease.report_id, lease.attempt));
  }
  return sql::LoadReport(transaction, lease.report_id);
}

constexpr double kMicrosInSecond = 1e6;

int64_t MicrosOf(double seconds) { return static_cast<int64_t>(seconds * kMicrosInSecond); }

// The last kMaxStoredLog bytes, from the start of a line on; text without NUL, which not every
// store can hold.
std::string LogTail(std::string_view log) {
  std::string tail(log.substr(log.size() - std::min(log.size(), kMaxStoredLog)));
  if (tail.size() < log.size()) {
    const size_t line = tail.find('\n');
    tail.erase(0, line == std::string::npos ? 0 : line + 1);
  }
  std::erase(tail, '\0');
  tail = ToUtf8(tail);
  // Bytes that are no text have grown.
  if (tail.size() > kMaxStoredLog) tail = ToUtf8(tail.substr(tail.size() - kMaxStoredLog + 6));
  return tail;
}

// What an attempt used and printed, beside the columns of WriteEnd.
Status WriteUse(Transaction& transaction, std::string_view id, const RunFacts& facts) {
  CARREL_TRY(Execute(transaction,
                     "UPDATE reports SET wall_us = NULL, cpu_us = NULL, peak_memory = NULL, "
                     "run_log = ? WHERE id = ?",
                     LogTail(facts.log), id));
  if (!facts.use) return {};
  CARREL_TRY(Execute(
      transaction, "UPDATE reports SET wall_us = ?, cpu_us = ?, peak_memory = ? WHERE id = ?",
      MicrosOf(facts.use->wall_s), MicrosOf(facts.use->cpu_s), facts.use->peak_memory_bytes, id));
  return {};
}

// Ends attempt and lease: status, events and notes, then what `facts` says of the run.
Status WriteEnd(Transaction& transaction, const Report& before, const Report& after) {
  const auto micros = [](const std::optional<Duration>& duration) {
    return duration ? duration->count() : int64_t{0};
  };
  CARREL_ASSIGN_OR_RETURN(
      const int64_t changed,
      Execute(transaction,
              "UPDATE reports SET status = ?, events = ?, notes = ?, failure_output = ?, "
              "artifact = ?, report_size = ?, report_rows = ?, sha256 = ?, verdict = ?, "
              "sandbox_tier = ?, limits = ?, deploy_us = ?, run_us = ?, progress_value = ?, "
              "progress_max = ?, progress_stage = ?, lease_owner = NULL, "
              "lease_expires = NULL WHERE id = ? AND status = ? AND attempts = ?",
              Name(after.status), DumpJson(ToJson(after.events)), after.notes, after.failure_output,
              after.artifact, after.report_size, after.rows, after.sha256, after.verdict,
              after.sandbox_tier, DumpJson(after.limits), micros(after.timing.deploy),
              micros(after.timing.run), after.progress.value, after.progress.max,
              after.progress.stage, before.id, Name(before.status), before.attempts));
  if (changed == 0) return sql::LostRace("report", before.id);
  return {};
}

void Apply(Report& report, const RunFacts& facts) {
  report.timing.deploy = facts.timing.deploy;
  report.timing.run = facts.timing.run;
  report.limits = facts.limits;
  report.sandbox_tier = facts.sandbox_tier;
  report.verdict = facts.verdict;
  report.rows = facts.rows;
  report.progress = facts.progress;
  report.use = facts.use;
}

Result<ReportState> GiveBack(Transaction& transaction, const Report& report,
                             std::string_view reason, Timestamp now) {
  const Actor actor = SystemActor();
  const bool again = report.attempts <= kMaxRequeues;
  const std::string note =
      again ? std::string(reason)
            : fmt::format("given up after {} attempts: {}", report.attempts, reason);
  const Step step{again ? ReportAction::kRequeue : ReportAction::kFail, actor, now, note};
  CARREL_ASSIGN_OR_RETURN(Report after, Stepped(report, step));
  if (!again) after.notes = note;
  after.progress = {};
  CARREL_ASSIGN_OR_RETURN(
      const int64_t changed,
      Execute(transaction,
              "UPDATE reports SET status = ?, events = ?, notes = ?, progress_value = 0, "
              "progress_max = 0, progress_stage = '', lease_owner = NULL, lease_expires = NULL "
              "WHERE id = ? AND status = ? AND attempts = ?",
              Name(after.status), DumpJson(ToJson(after.events)), after.notes, report.id,
              Name(report.status), report.attempts));
  if (changed == 0) return sql::LostRace("report", report.id);
  CARREL_TRY(Audit(transaction, report, after.status, step));
  return after.status;
}

// WHERE clause and the values for it; every filter is a fixed text, so the statement stays cached.
constexpr std::string_view kFilter =
    "WHERE (? = '' OR owner_id = ?) AND (? = '' OR template_id = ?) AND (? = '' OR status = ?) ";

struct Candidate {
  std::string id;
  std::string reason;
};

// Running reports whose worker is gone.
Result<std::vector<Candidate>> FindLost(Transaction& transaction, Timestamp now) {
  CARREL_ASSIGN_OR_RETURN(
      auto rows,
      Query(transaction, "SELECT id, lease_owner, lease_expires FROM reports WHERE status = ?",
            Name(ReportState::kDeploying)));
  std::vector<Candidate> lost;
  while (true) {
    CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
    if (!found) return lost;
    if (LivenessOf(rows->Text(1)) == Liveness::kDead) {
      lost.push_back({std::string(rows->Text(0)), "the process that ran it is gone"});
    } else if (sql::FromMicros(*rows, 2) <= now) {
      lost.push_back({std::string(rows->Text(0)), "the host that ran it no longer answers"});
    }
  }
}

}  // namespace

Result<Report> SqlReportStore::Create(Report report, const Actor& actor, Timestamp now) {
  CARREL_ASSIGN_OR_RETURN(report.status,
                          NextState(ReportState::kNone, ReportAction::kCreate, actor.who));
  report.created = now;
  report.attempts = 0;
  report.events = {{"created", MakeEvent(now, actor)}};
  for (int attempt = 0; attempt < kIdAttempts; ++attempt) {
    report.id = NewReportId();
    const Result<bool> created = database_.Write([&](Transaction& transaction) -> Result<bool> {
      CARREL_ASSIGN_OR_RETURN(const Template source,
                              sql::LoadTemplate(transaction, report.source.id));
      if (source.status != TemplateState::kEnabled) {
        return Fail(Code::kConflict,
                    fmt::format("template {} is {}{}", source.id, Name(source.status),
                                source.notes.empty() ? "" : ": " + source.notes));
      }
      CARREL_ASSIGN_OR_RETURN(auto taken,
                              Query(transaction, "SELECT 1 FROM reports WHERE id = ?", report.id));
      CARREL_ASSIGN_OR_RETURN(const bool is_taken, taken->Step());
      if (is_taken) return false;
      CARREL_TRY(Insert(transaction, report));
      CARREL_TRY(
          sql::WriteAudit(transaction, {now, report.id, Name(ReportAction::kCreate),
                                        Name(ReportState::kNone), Name(report.status), actor, ""}));
      return true;
    });
    if (!created) return std::unexpected(created.error());
    if (*created) return report;
  }
  return Fail(Code::kInternal, "no free report id found");
}

Result<Report> SqlReportStore::Get(std::string_view id) {
  return database_.Read([&](Transaction& transaction) { return sql::LoadReport(transaction, id); });
}

Result<std::string> SqlReportStore::Log(std::string_view id) {
  return database_.Read([&](Transaction& transaction) -> Result<std::string> {
    CARREL_ASSIGN_OR_RETURN(auto rows,
                            Query(transaction, "SELECT run_log FROM reports WHERE id = ?", id));
    CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
    if (!found) return Fail(Code::kNotFound, fmt::format("report {} does not exist", id));
    return std::string(rows->Text(0));
  });
}

Result<std::vector<Report>> SqlReportStore::List(const ReportFilter& filter) {
  return database_.Read([&](Transaction& transaction) -> Result<std::vector<Report>> {
    CARREL_ASSIGN_OR_RETURN(
        auto rows,
        Query(transaction,
              fmt::format("SELECT {} FROM reports {} ORDER BY created DESC, id LIMIT ? OFFSET ?",
                          sql::ReportColumns(), kFilter),
              filter.owner_id, filter.owner_id, filter.template_id, filter.template_id,
              filter.status, filter.status, filter.limit, filter.offset));
    std::vector<Report> out;
    while (true) {
      CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
      if (!found) return out;
      CARREL_ASSIGN_OR_RETURN(Report report, sql::ReadReport(*rows));
      out.push_back(std::move(report));
    }
  });
}

Result<int64_t> SqlReportStore::Count(const ReportFilter& filter) {
  return database_.Read([&](Transaction& transaction) -> Result<int64_t> {
    CARREL_ASSIGN_OR_RETURN(
        auto rows, Query(transaction, fmt::format("SELECT count(*) FROM reports {}", kFilter),
                         filter.owner_id, filter.owner_id, filter.template_id, filter.template_id,
                         filter.status, filter.status));
    CARREL_TRY(rows->Step());
    return rows->Integer(0);
  });
}

Result<std::optional<Report>> SqlReportStore::Claim(const ClaimRequest& request) {
  // Looking first, without the write lock, keeps idle workers out of the writers' way.
  constexpr std::string_view kOldest =
      "SELECT id FROM reports WHERE status = 'pending' AND NOT EXISTS (SELECT 1 FROM repositories "
      "r WHERE r.id = reports.repository_id AND r.status = 'configuring') "
      "ORDER BY created, id LIMIT 1";
  constexpr std::string_view kThisOne =
      "SELECT id FROM reports WHERE status = 'pending' AND id = ?";
  const auto find = [&](Transaction& transaction) -> Result<std::string> {
    CARREL_ASSIGN_OR_RETURN(auto rows, request.report_id.empty()
                                           ? Query(transaction, kOldest)
                                           : Query(transaction, kThisOne, request.report_id));
    CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
    return found ? std::string(rows->Text(0)) : std::string();
  };
  CARREL_ASSIGN_OR_RETURN(const std::string seen, database_.Read(find));
  if (seen.empty()) return std::nullopt;
  // A claim that a power loss undoes is a report that is still pending, and nobody works at it.
  const auto claim = [&](Transaction& transaction) -> Result<std::optional<Report>> {
    CARREL_ASSIGN_OR_RETURN(const std::string id, find(transaction));
    if (id.empty()) return std::nullopt;
    const Actor actor = SystemActor();
    CARREL_ASSIGN_OR_RETURN(const Report before, sql::LoadReport(transaction, id));
    const Step step{ReportAction::kClaim, actor, request.now, ""};
    CARREL_ASSIGN_OR_RETURN(Report after, Stepped(before, step));
    after.attempts = before.attempts + 1;
    after.timing.wait = request.now - before.created;
    CARREL_ASSIGN_OR_RETURN(
        const int64_t changed,
        Execute(transaction,
                "UPDATE reports SET status = ?, events = ?, attempts = ?, wait_us = ?, "
                "lease_owner = ?, lease_expires = ? WHERE id = ? AND status = ?",
                Name(after.status), DumpJson(ToJson(after.events)), after.attempts,
                after.timing.wait->count(), request.owner, Micros(request.now + request.lease),
                before.id, Name(before.status)));
    if (changed == 0) return std::nullopt;
    CARREL_TRY(Audit(transaction, before, after.status, step));
    return after;
  };
  return database_.Write(claim, store::Access::kWriteSoon);
}

Status SqlReportStore::Heartbeat(const Lease& lease, Timestamp expires, const Progress& progress) {
  const auto beat = [&](Transaction& transaction) -> Status {
    CARREL_ASSIGN_OR_RETURN(
        const int64_t changed,
        Execute(transaction,
                "UPDATE reports SET lease_expires = ?, progress_value = ?, progress_max = ?, "
                "progress_stage = ? WHERE id = ? AND status = ? AND lease_owner = ? AND "
                "attempts = ?",
                Micros(expires), progress.value, progress.max, progress.stage, lease.report_id,
                Name(ReportState::kDeploying), lease.owner, lease.attempt));
    if (changed == 0) return sql::LostRace("report", lease.report_id);
    return {};
  };
  return database_.Write(beat, store::Access::kWriteSoon);
}

Status SqlReportStore::MarkReady(const Lease& lease, const Published& published,
                                 const RunFacts& facts, Timestamp now) {
  return database_.Write([&](Transaction& transaction) -> Status {
    const Actor actor = SystemActor();
    CARREL_ASSIGN_OR_RETURN(const Report before, LoadHeld(transaction, lease));
    const Step step{ReportAction::kPublish, actor, now, ""};
    CARREL_ASSIGN_OR_RETURN(Report after, Stepped(before, step));
    Apply(after, facts);
    after.artifact = published.artifact;
    after.report_size = published.size;
    after.sha256 = published.sha256;
    CARREL_TRY(WriteEnd(transaction, before, after));
    CARREL_TRY(WriteUse(transaction, before.id, facts));
    return Audit(transaction, before, after.status, step);
  });
}

Status SqlReportStore::MarkFailed(const Lease& lease, const Failure& failure, const RunFacts& facts,
                                  Timestamp now) {
  return database_.Write([&](Transaction& transaction) -> Status {
    constexpr size_t kEllipsis = 4;  // what Truncate adds
    const Actor actor = SystemActor();
    CARREL_ASSIGN_OR_RETURN(const Report before, LoadHeld(transaction, lease));
    const Step step{ReportAction::kFail, actor, now, failure.notes};
    CARREL_ASSIGN_OR_RETURN(Report after, Stepped(before, step));
    Apply(after, facts);
    after.notes = failure.notes;
    const std::string output = ToUtf8(failure.failure_output);
    after.failure_output = output.size() <= kMaxFailureOutput
                               ? output
                               : Truncate(output, kMaxFailureOutput - kEllipsis);
    CARREL_TRY(WriteEnd(transaction, before, after));
    CARREL_TRY(WriteUse(transaction, before.id, facts));
    return Audit(transaction, before, after.status, step);
  });
}

Status SqlReportStore::Requeue(const Lease& lease, std::string_view reason, Timestamp now) {
  return database_.Write([&](Transaction& transaction) -> Status {
    CARREL_ASSIGN_OR_RETURN(const Report report, LoadHeld(transaction, lease));
    CARREL_TRY(GiveBack(transaction, report, reason, now));
    return {};
  });
}

Result<Recovered> SqlReportStore::RecoverExpired(Timestamp now) {
  CARREL_ASSIGN_OR_RETURN(const auto lost, database_.Read([&](Transaction& transaction) {
    return FindLost(transaction, now);
  }));
  if (lost.empty()) return Recovered{};
  return database_.Write([&](Transaction& transaction) -> Result<Recovered> {
    Recovered recovered;
    CARREL_ASSIGN_OR_RETURN(const auto candidates, FindLost(transaction, now));
    for (const Candidate& candidate : candidates) {
      CARREL_ASSIGN_OR_RETURN(const Report report, sql::LoadReport(transaction, candidate.id));
      CARREL_ASSIGN_OR_RETURN(const ReportState state,
                              GiveBack(transaction, report, candidate.reason, now));
      ++(state == ReportState::kPending ? recovered.requeued : recovered.failed);
    }
    return recovered;
  });
}

Status SqlReportStore::Cancel(std::string_view id, std::string_view notes, const Actor& actor,
                              Timestamp now) {
  return database_.Write([&](Transaction& transaction) -> Status {
    CARREL_ASSIGN_OR_RETURN(const Report before, sql::LoadReport(transaction, id));
    const Step step{ReportAction::kCancel, actor, now, notes};
    CARREL_ASSIGN_OR_RETURN(Report after, Stepped(before, step));
    CARREL_ASSIGN_OR_RETURN(
        const int64_t changed,
        Execute(transaction,
                "UPDATE reports SET status = ?, events = ?, notes = ? WHERE id = ? AND status = ?",
                Name(after.status), DumpJson(ToJson(after.events)), notes, id,
                Name(before.status)));
    if (changed == 0) return sql::LostRace("report", id);
    return Audit(transaction, before, after.status, step);
  });
}

Result<std::string> SqlReportStore::Delete(std::string_view id, const Actor& actor, Timestamp now) {
  return database_.Write([&](Transaction& transaction) -> Result<std::string> {
    CARREL_ASSIGN_OR_RETURN(const Report before, sql::LoadReport(transaction, id));
    const Step step{ReportAction::kDelete, actor, now, ""};
    CARREL_ASSIGN_OR_RETURN(const Report after, Stepped(before, step));
    CARREL_ASSIGN_OR_RETURN(const int64_t changed,
                            Execute(transaction, "DELETE FROM reports WHERE id = ? AND status = ?",
                                    id, Name(before.status)));
    if (changed == 0) return sql::LostRace("report", id);
    CARREL_TRY(Audit(transaction, before, after.status, step));
    return before.artifact;
  });
}

}  // namespace carrel::report
