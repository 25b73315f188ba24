#include "runtime/report/template_store.h"

#include <fmt/format.h>

#include "runtime/report/sql_records.h"

namespace carrel::report {
namespace {

using store::Execute;
using store::Query;
using store::Transaction;

constexpr double kMicrosInSecond = 1e6;

std::optional<double> Seconds(const store::Statement& row, int column) {
  if (row.IsNull(column)) return std::nullopt;
  return row.Real(column) / kMicrosInSecond;
}

Status Switch(Transaction& transaction, std::string_view id, TemplateAction action,
              std::string_view notes, const Actor& actor, Timestamp now) {
  CARREL_ASSIGN_OR_RETURN(const Template before, sql::LoadTemplate(transaction, id));
  CARREL_ASSIGN_OR_RETURN(const TemplateState to, NextState(before.status, action, actor.who));
  if (notes.empty()) {
    return Fail(Code::kInvalid, fmt::format("'{}' needs notes that say why", Name(action)));
  }
  Events events = before.events;
  events[std::string(Name(to))] = MakeEvent(now, actor);
  CARREL_ASSIGN_OR_RETURN(
      const int64_t changed,
      Execute(transaction,
              "UPDATE templates SET status = ?, notes = ?, events = ? WHERE id = ? AND status = ?",
              Name(to), notes, DumpJson(ToJson(events)), id, Name(before.status)));
  if (changed == 0) return sql::LostRace("template", id);
  return sql::WriteAudit(transaction,
                         {now, id, Name(action), Name(before.status), Name(to), actor, notes});
}

}  // namespace

Result<Template> SqlTemplateStore::Get(std::string_view id) {
  return database_.Read(
      [&](Transaction& transaction) { return sql::LoadTemplate(transaction, id); });
}

Result<std::vector<Template>> SqlTemplateStore::List(const TemplateFilter& filter) {
  return database_.Read([&](Transaction& transaction) -> Result<std::vector<Template>> {
    CARREL_ASSIGN_OR_RETURN(
        auto rows,
        Query(transaction,
              fmt::format("{} WHERE (? = '' OR t.repository_id = ?) AND (? = '' OR t.local_id = ?) "
                          "AND (? = '' OR t.status = ?) ORDER BY t.created, t.id LIMIT ? OFFSET ?",
                          sql::TemplateSelect()),
              filter.repository_id, filter.repository_id, filter.local_id, filter.local_id,
              filter.status, filter.status, filter.limit, filter.offset));
    std::vector<Template> out;
    while (true) {
      CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
      if (!found) return out;
      CARREL_ASSIGN_OR_RETURN(Template row, sql::ReadTemplate(*rows));
      out.push_back(std::move(row));
    }
  });
}

Result<TemplateStats> SqlTemplateStore::Stats(std::string_view id) {
  return database_.Read([&](Transaction& transaction) -> Result<TemplateStats> {
    CARREL_ASSIGN_OR_RETURN(
        auto rows,
        Query(transaction,
              "SELECT coalesce(sum(CASE WHEN status = 'ready' THEN 1 ELSE 0 END), 0), "
              "coalesce(sum(CASE WHEN status = 'failed' THEN 1 ELSE 0 END), 0), "
              "coalesce(sum(CASE WHEN verdict IN ('wall_limit', 'cpu_limit') THEN 1 ELSE 0 END), "
              "0), min(run_us), max(run_us), avg(run_us), min(wait_us), max(wait_us), "
              "avg(wait_us) FROM reports WHERE template_id = ? AND status IN ('ready', 'failed')",
              id));
    CARREL_TRY(rows->Step());
    TemplateStats stats;
    stats.success = rows->Integer(0);
    stats.failure = rows->Integer(1);
    stats.timeout = rows->Integer(2);
    stats.runtime_min = Seconds(*rows, 3);
    stats.runtime_max = Seconds(*rows, 4);
    stats.runtime_avg = Seconds(*rows, 5);
    stats.wait_min = Seconds(*rows, 6);
    stats.wait_max = Seconds(*rows, 7);
    stats.wait_avg = Seconds(*rows, 8);
    return stats;
  });
}

Status SqlTemplateStore::Enable(std::string_view id, std::string_view notes, const Actor& actor,
                                Timestamp now) {
  return database_.Write([&](Transaction& transaction) {
    return Switch(transaction, id, TemplateAction::kEnable, notes, actor, now);
  });
}

Status SqlTemplateStore::Disable(std::string_view id, std::string_view notes, const Actor& actor,
                                 Timestamp now) {
  return database_.Write([&](Transaction& transaction) {
    return Switch(transaction, id, TemplateAction::kDisable, notes, actor, now);
  });
}

Status SqlTemplateStore::Block(std::string_view id, std::string_view reason, Timestamp now) {
  return database_.Write([&](Transaction& transaction) -> Status {
    CARREL_ASSIGN_OR_RETURN(const Template row, sql::LoadTemplate(transaction, id));
    CARREL_TRY(sql::BlockTemplate(transaction, row, reason, now));
    return sql::RejectPending(transaction, sql::RejectBy::kTemplate, id,
                              fmt::format("template {} was blocked: {}", id, reason), now);
  });
}

}  // namespace carrel::report
