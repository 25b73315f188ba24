#include "runtime/usage/reconciliations.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "runtime/base/text.h"
#include "runtime/query/filter.h"
#include "runtime/usage/file_rows.h"

namespace carrel::usage {
namespace {

using catalog::ObjectPage;
using catalog::ObjectSource;
using catalog::Scope;
using query::Field;
using query::FieldType;
using store::Execute;
using store::Query;
using store::Statement;
using store::TextColumn;
using store::Transaction;

constexpr size_t kLongestName = 255;

constexpr std::array kFields = {
    Field{"id", FieldType::kText, "n.id"},
    Field{"name", FieldType::kText, "n.upload_name"},
    Field{"status", FieldType::kText, "n.status"},
    Field{"usagefile.id", FieldType::kText, "f.id"},
    Field{"usagefile.name", FieldType::kText, "f.name"},
    Field{"product.id", FieldType::kText, "p.id"},
    Field{"records.closed", FieldType::kInteger, "n.rows_closed"},
    Field{"records.refused", FieldType::kInteger, "n.rows_refused"},
    Field{"events.created.at", FieldType::kTime, "n.created"},
};
constexpr query::Schema kSchema{"usage reconciliations", kFields};

constexpr std::array kErrorFields = {
    Field{"row", FieldType::kInteger, "e.sheet_row"},
    Field{"record", FieldType::kText, "e.record"},
    Field{"error", FieldType::kText, "e.error"},
};
constexpr query::Schema kErrorSchema{"errors of a reconciliation", kErrorFields};

std::string Tables() {
  return fmt::format("{} JOIN usage_reconciliations n ON n.file_key = f.key", FileTables());
}

Result<Json> Read(const Statement& row) {
  CARREL_ASSIGN_OR_RETURN(Json events, ParseJson(row.Text(7)));
  return Json{{"id", TextColumn(row, 0)},
              {"name", TextColumn(row, 1)},
              {"status", TextColumn(row, 2)},
              {"usagefile", {{"id", TextColumn(row, 3)}, {"name", TextColumn(row, 4)}}},
              {"records", {{"closed", row.Integer(5)}, {"refused", row.Integer(6)}}},
              {"events", std::move(events)}};
}

Result<Json> ReadError(const Statement& row) {
  return Json{
      {"row", row.Integer(0)}, {"record", TextColumn(row, 1)}, {"error", TextColumn(row, 2)}};
}

ObjectSource Source() {
  return {kSchema, Tables(),
          "n.id, n.upload_name, n.status, f.id, f.name, n.rows_closed, n.rows_refused, n.events",
          "n.key", Read};
}

// Those of one reconciliation, which is the scope's account's to see.
ObjectSource ErrorSource() {
  return {kErrorSchema,
          fmt::format("{} JOIN usage_reconciliation_errors e ON e.reconciliation_key = n.key",
                      Tables()),
          "e.sheet_row, e.record, e.error", "e.place", ReadError};
}

std::string_view StatusOf(const BillingReport& report) {
  if (report.refused == 0) return "applied";
  return report.closed > 0 ? "partial" : "refused";
}

Result<int64_t> CountOf(Transaction& transaction, int64_t file_key) {
  CARREL_ASSIGN_OR_RETURN(
      auto rows, Query(transaction, "SELECT COUNT(*) FROM usage_reconciliations WHERE file_key = ?",
                       file_key));
  CARREL_TRY(rows->Step());
  return rows->Integer(0);
}

Status StoreErrors(Transaction& transaction, int64_t key, const BillingReport& report) {
  CARREL_ASSIGN_OR_RETURN(
      auto insert, Query(transaction,
                         "INSERT INTO usage_reconciliation_errors (reconciliation_key, place, "
                         "sheet_row, record, error) VALUES (?, ?, ?, ?, ?)",
                         key));
  int64_t place = 0;
  for (const BillingResult& result : report.results) {
    if (result.fault.empty()) continue;
    insert->BindInteger(2, ++place);
    insert->BindInteger(3, static_cast<int64_t>(result.row));
    insert->BindText(4, ToUtf8(result.record));
    insert->BindText(5, ToUtf8(result.fault));
    CARREL_TRY(insert->Step());
    insert->Reset();
  }
  return {};
}

}  // namespace

Result<std::string> StoreReconciliation(Transaction& transaction, const SentReconciliation& sent,
                                        const BillingReport& report) {
  CARREL_ASSIGN_OR_RETURN(const int64_t before, CountOf(transaction, sent.file_key));
  std::string id = fmt::format("UFR{}-{:03}", sent.file_id.substr(2), before + 1);
  const catalog::Events events = {{"created", MakeEvent(sent.now, sent.actor)}};
  CARREL_ASSIGN_OR_RETURN(
      auto insert,
      Query(transaction,
            "INSERT INTO usage_reconciliations (id, file_key, upload_name, status, rows_closed, "
            "rows_refused, events, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING key",
            id, sent.file_key, Truncate(ToUtf8(sent.name), kLongestName), StatusOf(report),
            report.closed, report.refused, DumpJson(catalog::ToJson(events)),
            static_cast<int64_t>(sent.now.time_since_epoch().count())));
  CARREL_TRY(insert->Step());
  const int64_t key = insert->Integer(0);
  CARREL_TRY(insert->Step());
  CARREL_TRY(StoreErrors(transaction, key, report));
  return id;
}

Result<ObjectPage> ListReconciliations(store::Database& database, const catalog::Account& account,
                                       std::string_view query) {
  return catalog::ListObjects(database, Source(), VisibleScope(account), query);
}

Result<Json> GetReconciliation(store::Database& database, const catalog::Account& account,
                               std::string_view id) {
  CARREL_ASSIGN_OR_RETURN(
      Json found, catalog::FindObject(database, Source(), VisibleScope(account), "n.id = ?", id));
  if (found.is_null()) {
    return Fail(Code::kNotFound, fmt::format("usage reconciliation {} does not exist", id));
  }
  return found;
}

Result<ObjectPage> ListReconciliationErrors(store::Database& database,
                                            const catalog::Account& account, std::string_view id,
                                            std::string_view query) {
  CARREL_TRY(GetReconciliation(database, account, id));
  return catalog::ListObjects(database, ErrorSource(), {"n.id = ?", std::string(id)}, query);
}

}  // namespace carrel::usage
