#include "runtime/usage/file_rows.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "runtime/base/ids.h"

namespace carrel::usage {
namespace {

using store::Execute;
using store::Query;
using store::TextColumn;
using store::TextOrNull;
using store::Transaction;

constexpr int kIdAttempts = 8;

int64_t Micros(Timestamp time) { return time.time_since_epoch().count(); }
Timestamp FromMicros(int64_t micros) { return Timestamp(std::chrono::microseconds(micros)); }

// Of three columns: key, id, name.
KeyedReference ReadReference(const store::Statement& row, int column) {
  return {row.Integer(column), {TextColumn(row, column + 1), TextColumn(row, column + 2)}};
}
std::optional<KeyedReference> ReadOptional(const store::Statement& row, int column) {
  if (row.IsNull(column)) return std::nullopt;
  return ReadReference(row, column);
}

// A key that may be null is written as text never is: bound by hand.
void BindKey(store::Statement& statement, int index, const std::optional<KeyedReference>& value) {
  value ? statement.BindInteger(index, value->key) : statement.BindNull(index);
}

Result<bool> IdExists(Transaction& transaction, std::string_view id) {
  CARREL_ASSIGN_OR_RETURN(auto rows,
                          Query(transaction, "SELECT 1 FROM usage_files WHERE id = ?", id));
  return rows->Step();
}

Result<std::string> FreeId(Transaction& transaction, Timestamp now) {
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(now));
  for (int attempt = 0; attempt < kIdAttempts; ++attempt) {
    std::string id = NewUsageFileId(static_cast<int>(date.year()),
                                    static_cast<int>(static_cast<unsigned>(date.month())));
    CARREL_ASSIGN_OR_RETURN(const bool taken, IdExists(transaction, id));
    if (!taken) return id;
  }
  return Fail(Code::kInternal, "no free usage file id was found");
}

Status WriteAudit(Transaction& transaction, const UsageFile& file, FileState from,
                  const FileStep& step) {
  CARREL_TRY(Execute(transaction,
                     "INSERT INTO audit (at, object_id, action, from_status, to_status, actor_id, "
                     "actor_name, origin, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                     Micros(step.now), file.id, Name(step.action), Name(from), Name(file.status),
                     step.actor.account.id, step.actor.account.name, step.actor.origin, step.note));
  return {};
}

// The event that a step leaves on the file; "" for none.
std::string_view EventOf(FileAction action, FileState to) {
  switch (action) {
    case FileAction::kEdit:
      return "updated";
    case FileAction::kUpload:
      return "uploaded";
    case FileAction::kAbandon:
    case FileAction::kProcess:
    case FileAction::kRestart:
    case FileAction::kReprocess:
    case FileAction::kReconcile:
    case FileAction::kAnnotate:
      return "";
    case FileAction::kSubmit:
      return "submitted";
    default:
      return Name(to);
  }
}

}  // namespace

std::string_view FileColumns() {
  return "f.key, f.id, f.name, f.description, f.external_id, f.note, f.acceptance_note, "
         "f.rejection_note, f.error_detail, f.status, f.previous_status, f.environment, v.key, "
         "v.id, v.name, d.key, d.id, d.name, s.key, s.id, s.name, m.key, m.id, m.name, c.key, "
         "c.id, "
         "c.name, p.key, p.id, p.name, f.usage_schema, f.currency, f.period_from, f.period_to, "
         "f.load, f.record_state, f.records_all, f.records_valid, f.records_closed, "
         "f.records_billed, f.upload, f.upload_name, f.upload_size, f.upload_sha256, "
         "f.reconciliation, f.events, f.created, f.lease_owner";
}

std::string_view FileTables() {
  return "usage_files f JOIN accounts v ON v.key = f.vendor_key "
         "LEFT JOIN accounts d ON d.key = f.provider_key "
         "LEFT JOIN accounts s ON s.key = f.reseller_key "
         "JOIN marketplaces m ON m.key = f.marketplace_key "
         "LEFT JOIN contracts c ON c.key = f.contract_key "
         "JOIN products p ON p.key = f.product_key";
}

Result<UsageFile> ReadFileRow(const store::Statement& row) {
  UsageFile out;
  int at = 0;
  const auto text = [&] { return TextColumn(row, at++); };
  const auto number = [&] { return row.Integer(at++); };
  const auto reference = [&] {
    at += 3;
    return ReadReference(row, at - 3);
  };
  const auto optional = [&] {
    at += 3;
    return ReadOptional(row, at - 3);
  };
  out.key = number();
  out.id = text();
  out.name = text();
  out.description = text();
  out.external_id = text();
  out.note = text();
  out.acceptance_note = text();
  out.rejection_note = text();
  out.error_detail = text();
  out.status = FileStateFromName(text()).value_or(FileState::kInvalid);
  out.previous = FileStateFromName(text()).value_or(FileState::kDraft);
  out.environment = text();
  out.vendor = reference();
  out.provider = optional();
  out.reseller = optional();
  out.marketplace = reference();
  out.contract = optional();
  out.product = reference();
  out.schema = text();
  out.currency = text();
  out.period_from = FromMicros(number());
  out.period_to = FromMicros(number());
  out.load = number();
  out.record_state = static_cast<RecordState>(number());
  out.counts.all = number();
  out.counts.valid = number();
  out.counts.closed = number();
  out.counts.billed = number();
  out.upload.stored = text();
  out.upload.name = text();
  out.upload.size = number();
  out.upload.sha256 = text();
  out.reconciliation = text();
  CARREL_ASSIGN_OR_RETURN(out.events, catalog::EventsFromJson(text()));
  out.created = FromMicros(number());
  out.lease_owner = text();
  return out;
}

Result<UsageFile> LoadFile(Transaction& transaction, std::string_view id) {
  CARREL_ASSIGN_OR_RETURN(
      auto row,
      Query(transaction,
            fmt::format("SELECT {} FROM {} WHERE f.id = ?", FileColumns(), FileTables()), id));
  CARREL_ASSIGN_OR_RETURN(const bool found, row->Step());
  if (!found) return Fail(Code::kNotFound, fmt::format("usage file {} does not exist", id));
  return ReadFileRow(*row);
}

Result<UsageFile> LoadFileByKey(Transaction& transaction, int64_t key) {
  CARREL_ASSIGN_OR_RETURN(
      auto row,
      Query(transaction,
            fmt::format("SELECT {} FROM {} WHERE f.key = ?", FileColumns(), FileTables()), key));
  CARREL_ASSIGN_OR_RETURN(const bool found, row->Step());
  if (!found) return Fail(Code::kNotFound, "the usage file does not exist");
  return ReadFileRow(*row);
}

Result<UsageFile> InsertFile(Transaction& transaction, UsageFile file, const Actor& actor,
                             Timestamp now) {
  CARREL_ASSIGN_OR_RETURN(file.status,
                          NextState(FileState::kNone, FileAction::kCreate, actor.party));
  CARREL_ASSIGN_OR_RETURN(file.id, FreeId(transaction, now));
  file.created = now;
  file.events = {{"created", MakeEvent(now, actor)}};
  CARREL_ASSIGN_OR_RETURN(
      auto insert,
      Query(transaction,
            "INSERT INTO usage_files (id, name, description, external_id, note, acceptance_note, "
            "rejection_note, error_detail, status, previous_status, environment, vendor_key, "
            "marketplace_key, product_key, usage_schema, currency, period_from, period_to, load, "
            "record_state, records_all, records_valid, records_closed, records_billed, upload, "
            "upload_name, upload_size, upload_sha256, reconciliation, events, created, "
            "provider_key, reseller_key, contract_key) VALUES (?, ?, ?, ?, ?, '', '', '', ?, "
            "'draft', ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, 0, 0, 0, 0, '', '', 0, '', '', ?, ?, ?, ?, ?)",
            file.id, file.name, file.description, file.external_id, file.note, Name(file.status),
            file.environment, file.vendor.key, file.marketplace.key, file.product.key, file.schema,
            file.currency, Micros(file.period_from), Micros(file.period_to),
            static_cast<int64_t>(file.record_state), catalog::ToJson(file.events).dump(),
            Micros(now)));
  constexpr int kFirstOptional = 18;
  BindKey(*insert, kFirstOptional, file.provider);
  BindKey(*insert, kFirstOptional + 1, file.reseller);
  BindKey(*insert, kFirstOptional + 2, file.contract);
  CARREL_TRY(insert->Step());
  CARREL_TRY(WriteAudit(transaction, file, FileState::kNone, {FileAction::kCreate, actor, now}));
  return LoadFile(transaction, file.id);
}

Result<UsageFile> TakeStep(Transaction& transaction, UsageFile file, const FileStep& step) {
  const FileState from = file.status;
  CARREL_ASSIGN_OR_RETURN(FileState to, NextState(from, step.action, step.actor.party));
  if (to == FileState::kPrevious) to = file.previous;
  if (step.action == FileAction::kUpload || step.action == FileAction::kReprocess) {
    file.previous = from;
  }
  file.status = to;
  if (const std::string_view event = EventOf(step.action, to); !event.empty()) {
    file.events[std::string(event)] = MakeEvent(step.now, step.actor);
  }
  CARREL_ASSIGN_OR_RETURN(
      const int64_t changed,
      Execute(transaction,
              "UPDATE usage_files SET status = ?, previous_status = ?, events = ?, name = ?, "
              "description = ?, external_id = ?, note = ?, acceptance_note = ?, rejection_note = "
              "?, error_detail = ?, period_from = ?, period_to = ?, load = ?, record_state = ?, "
              "records_all = ?, records_valid = ?, records_closed = ?, records_billed = ?, upload "
              "= ?, upload_name = ?, upload_size = ?, upload_sha256 = ?, reconciliation = ?, "
              "lease_owner = ? WHERE key = ? AND status = ?",
              Name(to), Name(file.previous), DumpJson(catalog::ToJson(file.events)), file.name,
              file.description, file.external_id, file.note, file.acceptance_note,
              file.rejection_note, file.error_detail, Micros(file.period_from),
              Micros(file.period_to), file.load, static_cast<int64_t>(file.record_state),
              file.counts.all, file.counts.valid, file.counts.closed, file.counts.billed,
              file.upload.stored, file.upload.name, file.upload.size, file.upload.sha256,
              file.reconciliation, TextOrNull{file.lease_owner}, file.key, Name(from)));
  if (changed == 0) {
    return Fail(
        Code::kConflict,
        fmt::format("usage file {} was changed by somebody else at the same time", file.id));
  }
  CARREL_TRY(WriteAudit(transaction, file, from, step));
  return file;
}

Visibility VisibleTo(catalog::Role role) {
  constexpr std::string_view kReached =
      "f.environment <> 'preview' AND f.status IN ('pending', 'rejected', 'accepted', 'closed')";
  switch (role) {
    case catalog::Role::kVendor:
      return {"v.id = ?", true};
    case catalog::Role::kDistributor:
      return {fmt::format("(d.id = ? AND {})", kReached), true};
    case catalog::Role::kReseller:
      return {fmt::format("(s.id = ? AND {})", kReached), true};
    case catalog::Role::kAdmin:
      break;
  }
  return {"1 = 1", false};
}

catalog::Scope VisibleScope(const catalog::Account& account) {
  Visibility visible = VisibleTo(account.role);
  catalog::Scope out{std::move(visible.condition), std::nullopt};
  if (visible.has_account) out.account = account.id;
  return out;
}

Result<UsageFile> LoadVisible(Transaction& transaction, const catalog::Account& account,
                              std::string_view id) {
  const Visibility visible = VisibleTo(account.role);
  CARREL_ASSIGN_OR_RETURN(
      auto row, Query(transaction,
                      fmt::format("SELECT {} FROM {} WHERE f.id = ? AND {}", FileColumns(),
                                  FileTables(), visible.condition),
                      id));
  if (visible.has_account) row->BindText(2, account.id);
  CARREL_ASSIGN_OR_RETURN(const bool found, row->Step());
  if (!found) return Fail(Code::kNotFound, fmt::format("usage file {} does not exist", id));
  return ReadFileRow(*row);
}

}  // namespace carrel::usage
