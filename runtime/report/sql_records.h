// What the three SQL stores of this room share: how a row becomes a struct, the audit trail, and
// the one step that templates and repositories take on reports. Used by *_store.cc only.
#pragma once

#include <string>
#include <string_view>

#include "runtime/report/report_store.h"
#include "runtime/report/repository_store.h"
#include "runtime/report/template_store.h"
#include "runtime/store/database.h"

namespace carrel::report::sql {

int64_t Micros(Timestamp time);
Timestamp FromMicros(int64_t micros);
Timestamp FromMicros(const store::Statement& row, int column);

// `column, column, ...` in the order that the Read functions expect.
std::string_view ReportColumns();
std::string_view RepositoryColumns();

Result<Report> ReadReport(const store::Statement& row);
Result<Repository> ReadRepository(const store::Statement& row);
// Of TemplateSelect(), which joins the repository.
std::string_view TemplateSelect();
Result<Template> ReadTemplate(const store::Statement& row);

Result<Report> LoadReport(store::Transaction& transaction, std::string_view id);
Result<Repository> LoadRepository(store::Transaction& transaction, std::string_view id);
Result<Template> LoadTemplate(store::Transaction& transaction, std::string_view id);

struct AuditEntry {
  Timestamp at;
  std::string_view object_id, action, from, to;
  const Actor& actor;
  std::string_view note;
};
Status WriteAudit(store::Transaction& transaction, const AuditEntry& entry);

// kConflict: the row is no longer in the state the step started from.
std::unexpected<Error> LostRace(std::string_view object, std::string_view id);

// Fails the pending reports of a template, or of a repository when `column` says so.
enum class RejectBy { kTemplate, kRepository };
Status RejectPending(store::Transaction& transaction, RejectBy by, std::string_view id,
                     std::string_view reason, Timestamp now);

// enabled -> blocked, with the note, for one template that was read in this transaction.
Status BlockTemplate(store::Transaction& transaction, const Template& row, std::string_view note,
                     Timestamp now);

}  // namespace carrel::report::sql
