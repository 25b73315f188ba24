#include "runtime/usage/closing.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <utility>

#include "runtime/base/text.h"
#include "runtime/usage/cell_text.h"
#include "runtime/usage/chunks.h"
#include "runtime/usage/reconciliations.h"
#include "runtime/usage/record_load.h"

namespace carrel::usage {
namespace {

using store::Execute;
using store::Query;
using store::TextOrNull;
using store::Transaction;

constexpr size_t kLongestBilling = 255;

std::string TextFault(std::string_view field, std::string_view text) {
  if (!IsUtf8(text) || text.contains('\0')) return fmt::format("{}: not UTF-8 text", field);
  if (text.size() > kLongestBilling) {
    return fmt::format("{}: {} bytes, at most {}", field, text.size(), kLongestBilling);
  }
  return "";
}

std::string BillingFault(std::string_view id, std::string_view note) {
  if (Trim(id).empty()) return "external_billing_id: is missing";
  if (std::string fault = TextFault("external_billing_id", id); !fault.empty()) return fault;
  return TextFault("external_billing_note", note);
}

// Applies rows to one file inside one transaction.
class Biller {
 public:
  Biller(Transaction& transaction, UsageFile file, Actor actor, Timestamp now)
      : transaction_(transaction), file_(std::move(file)), actor_(std::move(actor)), now_(now) {}

  // kConflict or kDenied when the file takes no billing from this party.
  Status CheckState() const {
    const bool is_closed = file_.status == FileState::kClosed;
    CARREL_TRY(NextState(file_.status, is_closed ? FileAction::kAnnotate : FileAction::kReconcile,
                         actor_.party));
    return {};
  }

  // The fault of the row, "" when it was found and noted down.
  Result<std::string> Take(const BillingRow& row) {
    if (!row.fault.empty()) return row.fault;
    if (std::string fault = BillingFault(row.billing_id, row.billing_note); !fault.empty()) {
      return fault;
    }
    CARREL_ASSIGN_OR_RETURN(const std::optional<Found> found, Find(row.record));
    if (!found) return fmt::format("{} is no record of {}", Truncate(row.record, 60), file_.id);
    if (!row.record_id.empty() && row.record_id != found->record_id) {
      return fmt::format("{} has the record_id {}, not {}", row.record,
                         Truncate(found->record_id, 60), Truncate(row.record_id, 60));
    }
    if (!seen_.insert(found->key).second) return std::string("the record is named twice");
    found_.push_back({*found, &row});
    return std::string();
  }

  // All that Take noted down, and the step of the file.
  Result<UsageFile> Apply() {
    std::map<std::optional<int64_t>, int64_t> closed;  // of each hub
    for (const auto& [record, row] : found_) {
      CARREL_TRY(Execute(transaction_,
                         "UPDATE usage_records SET state = ?, billing_id = ?, billing_note = ?, "
                         "closed_at = COALESCE(closed_at, ?), closed_by = COALESCE(closed_by, ?) "
                         "WHERE key = ?",
                         static_cast<int64_t>(RecordState::kClosed), row->billing_id,
                         TextOrNull{row->billing_note}, Micros(), actor_.account.id, record.key));
      if (record.is_closed) continue;
      ++closed[record.hub];
      ++file_.counts.closed;
      ++file_.counts.billed;
    }
    for (const auto& [hub, records] : closed) {
      CARREL_TRY(CountClosed(transaction_, file_, hub, records, actor_, now_));
    }
    return TakeFileStep();
  }

  Result<UsageFile> ApplyToAll(std::string_view billing_id, std::string_view billing_note) {
    CARREL_TRY(Execute(transaction_,
                       "UPDATE usage_records SET state = ?, billing_id = ?, billing_note = ?, "
                       "closed_at = ?, closed_by = ? WHERE key > ? AND key < ? AND state <> ?",
                       static_cast<int64_t>(RecordState::kClosed), billing_id,
                       TextOrNull{billing_note}, Micros(), actor_.account.id,
                       file_.load * kRecordsInLoad, (file_.load + 1) * kRecordsInLoad,
                       static_cast<int64_t>(RecordState::kClosed)));
    CARREL_TRY(CloseChunks(transaction_, file_, actor_, now_));
    file_.counts.closed = file_.counts.all;
    file_.counts.billed = file_.counts.all;
    return TakeFileStep();
  }

 private:
  struct Found {
    int64_t key = 0;
    bool is_closed = false;
    std::optional<int64_t> hub;  // of the chunk that it is in
    std::string record_id;
  };

  int64_t Micros() const { return now_.time_since_epoch().count(); }

  Result<std::optional<Found>> Find(const std::string& record) {
    constexpr std::string_view kSelect =
        "SELECT r.key, r.state, (SELECT t.hub_key FROM usage_totals t WHERE t.load = r.load AND "
        "t.asset_key = r.asset_key AND t.item_key = r.item_key LIMIT 1), r.record_id "
        "FROM usage_records r WHERE";
    std::unique_ptr<store::Statement> rows;
    const auto name = ParseRecordId(record);
    if (name) {
      if (name->file_id != file_.id) return std::nullopt;
      CARREL_ASSIGN_OR_RETURN(rows, Query(transaction_, fmt::format("{} r.key = ?", kSelect),
                                          file_.load * kRecordsInLoad + name->number));
    } else {
      CARREL_ASSIGN_OR_RETURN(
          rows, Query(transaction_,
                      fmt::format("{} r.load = ? AND r.record_id = ? AND r.state <> 3", kSelect),
                      file_.load, record));
    }
    CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
    if (!found) return std::nullopt;
    return Found{rows->Integer(0), rows->Integer(1) == static_cast<int64_t>(RecordState::kClosed),
                 rows->IsNull(2) ? std::nullopt : std::optional(rows->Integer(2)),
                 store::TextColumn(*rows, 3)};
  }

  // The last record closes the file.
  Result<UsageFile> TakeFileStep() {
    FileAction action = FileAction::kReconcile;
    if (file_.status == FileState::kClosed) {
      action = FileAction::kAnnotate;
    } else if (file_.counts.closed == file_.counts.all) {
      action = FileAction::kClose;
    }
    return TakeStep(transaction_, std::move(file_), {action, actor_, now_});
  }

  Transaction& transaction_;
  UsageFile file_;
  const Actor actor_;
  const Timestamp now_;
  std::set<int64_t> seen_;
  std::vector<std::pair<Found, const BillingRow*>> found_;
};

void AddResult(BillingReport& report, const BillingRow& row, std::string fault,
               Code code = Code::kInvalid) {
  fault.empty() ? ++report.closed : ++report.refused;
  report.results.push_back({row.row, row.record, std::move(fault), code});
}

}  // namespace

Result<BillingReport> Closing::Reconcile(const catalog::Account& account, std::string_view origin,
                                         std::string_view file_id,
                                         const std::vector<BillingRow>& rows, Partial partial,
                                         std::string_view name) {
  return database_.Write([&](Transaction& transaction) -> Result<BillingReport> {
    CARREL_ASSIGN_OR_RETURN(const UsageFile file, LoadVisible(transaction, account, file_id));
    const Actor actor = ActorOf(account, origin);
    const Timestamp now = clock_.Now();
    Biller biller(transaction, file, actor, now);
    CARREL_TRY(biller.CheckState());
    if (rows.empty()) return Fail(Code::kInvalid, "the reconciliation has no rows");
    BillingReport report;
    for (const BillingRow& row : rows) {
      CARREL_ASSIGN_OR_RETURN(std::string fault, biller.Take(row));
      AddResult(report, row, std::move(fault));
    }
    if (report.refused > 0 && partial == Partial::kNo) report.closed = 0;
    if (report.closed > 0) CARREL_TRY(biller.Apply());
    CARREL_ASSIGN_OR_RETURN(
        report.id, StoreReconciliation(transaction, {file.key, file.id, name, actor, now}, report));
    return report;
  });
}

Result<BillingReport> Closing::CloseRecords(const catalog::Account& account,
                                            std::string_view origin,
                                            const std::vector<BillingRow>& rows) {
  return database_.Write([&](Transaction& transaction) -> Result<BillingReport> {
    BillingReport report;
    const Actor actor = ActorOf(account, origin);
    for (const BillingRow& row : rows) {
      const auto name = ParseRecordId(row.record);
      if (!name) {
        AddResult(report, row, name.error().message, Code::kNotFound);
        continue;
      }
      auto file = LoadVisible(transaction, account, name->file_id);
      if (!file && file.error().code != Code::kNotFound) return std::unexpected(file.error());
      if (!file) {
        AddResult(report, row, fmt::format("usage record {} does not exist", row.record),
                  Code::kNotFound);
        continue;
      }
      Biller biller(transaction, std::move(*file), actor, clock_.Now());
      if (const Status state = biller.CheckState(); !state) {
        AddResult(report, row, state.error().message, state.error().code);
        continue;
      }
      CARREL_ASSIGN_OR_RETURN(std::string fault, biller.Take(row));
      if (fault.empty()) CARREL_TRY(biller.Apply());
      AddResult(report, row, std::move(fault));
    }
    return report;
  });
}

Result<UsageFile> Closing::CloseAll(const catalog::Account& account, std::string_view origin,
                                    std::string_view file_id, std::string_view billing_id,
                                    std::string_view billing_note) {
  return database_.Write([&](Transaction& transaction) -> Result<UsageFile> {
    CARREL_ASSIGN_OR_RETURN(UsageFile file, LoadVisible(transaction, account, file_id));
    const Actor actor = ActorOf(account, origin);
    CARREL_TRY(NextState(file.status, FileAction::kClose, actor.party));
    if (std::string fault = BillingFault(billing_id, billing_note); !fault.empty()) {
      return Fail(Code::kInvalid, std::move(fault));
    }
    Biller biller(transaction, std::move(file), actor, clock_.Now());
    return biller.ApplyToAll(billing_id, billing_note);
  });
}

Status Closing::StepChunk(const catalog::Account& account, std::string_view origin,
                          std::string_view chunk_id, ChunkAction action, std::string_view note) {
  if (std::string fault = TextFault("note", note); !fault.empty()) {
    return Fail(Code::kInvalid, std::move(fault));
  }
  if (action == ChunkAction::kFail && note.empty()) {
    return Fail(Code::kInvalid, "note: is missing");
  }
  const Actor actor = ActorOf(account, origin);
  return database_.Write([&](Transaction& transaction) {
    return TakeChunkStep(transaction, account, chunk_id, {action, actor, clock_.Now(), note});
  });
}

}  // namespace carrel::usage
