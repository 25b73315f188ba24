#include "runtime/usage/chunks.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace carrel::usage {
namespace {

using store::Execute;
using store::Query;
using store::Statement;
using store::TextColumn;
using store::Transaction;

struct Chunk {
  std::string id;
  ChunkState status = ChunkState::kNone;
  int64_t records = 0;
  int64_t closed = 0;
  std::string note = {};
  catalog::Events events = {};
};

constexpr std::string_view kColumns =
    "k.id, k.status, k.records, k.records_closed, k.note, k.events";

Result<Chunk> Read(const Statement& row) {
  Chunk out{.id = TextColumn(row, 0),
            .status = ChunkStateFromName(row.Text(1)).value_or(ChunkState::kDraft),
            .records = row.Integer(2),
            .closed = row.Integer(3),
            .note = TextColumn(row, 4)};
  CARREL_ASSIGN_OR_RETURN(out.events, catalog::EventsFromJson(row.Text(5)));
  return out;
}

// Takes the step from `chunk.status`, in the table and in `chunk`.
Status Move(Chunk& chunk, const ChunkStep& step) {
  CARREL_ASSIGN_OR_RETURN(chunk.status, NextState(chunk.status, step.action, step.actor.party));
  const bool is_new = step.action == ChunkAction::kCreate;
  chunk.events[is_new ? "created" : std::string(Name(chunk.status))] =
      MakeEvent(step.now, step.actor);
  chunk.note = step.note;
  return {};
}

Status WriteAudit(Transaction& transaction, const Chunk& chunk, ChunkState from,
                  const ChunkStep& step) {
  CARREL_TRY(Execute(transaction,
                     "INSERT INTO audit (at, object_id, action, from_status, to_status, actor_id, "
                     "actor_name, origin, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                     static_cast<int64_t>(step.now.time_since_epoch().count()), chunk.id,
                     Name(step.action), Name(from), Name(chunk.status), step.actor.account.id,
                     step.actor.account.name, step.actor.origin, step.note));
  return {};
}

Status Take(Transaction& transaction, Chunk chunk, const ChunkStep& step) {
  const ChunkState from = chunk.status;
  CARREL_TRY(Move(chunk, step));
  CARREL_ASSIGN_OR_RETURN(
      const int64_t changed,
      Execute(
          transaction,
          "UPDATE usage_chunks SET status = ?, note = ?, events = ? WHERE id = ? AND status = ?",
          Name(chunk.status), chunk.note, DumpJson(catalog::ToJson(chunk.events)), chunk.id,
          Name(from)));
  if (changed == 0) {
    return Fail(
        Code::kConflict,
        fmt::format("usage chunk {} was changed by somebody else at the same time", chunk.id));
  }
  return WriteAudit(transaction, chunk, from, step);
}

struct HubShare {
  std::optional<int64_t> hub_key;
  int64_t records = 0;
};

Result<std::vector<HubShare>> SharesOf(Transaction& transaction, const UsageFile& file) {
  CARREL_ASSIGN_OR_RETURN(
      auto rows, Query(transaction,
                       "SELECT hub_key, SUM(records) FROM usage_totals WHERE load = ? GROUP BY "
                       "hub_key ORDER BY hub_key",
                       file.load));
  std::vector<HubShare> out;
  while (true) {
    CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
    if (!found) return out;
    out.push_back(
        {rows->IsNull(0) ? std::nullopt : std::optional(rows->Integer(0)), rows->Integer(1)});
  }
}

Result<std::vector<Chunk>> ChunksWhere(Transaction& transaction, const UsageFile& file,
                                       std::string_view condition) {
  CARREL_ASSIGN_OR_RETURN(
      auto rows, Query(transaction,
                       fmt::format("SELECT {} FROM usage_chunks k WHERE k.file_key = ? AND {}",
                                   kColumns, condition),
                       file.key));
  std::vector<Chunk> out;
  while (true) {
    CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
    if (!found) return out;
    CARREL_ASSIGN_OR_RETURN(Chunk chunk, Read(*rows));
    out.push_back(std::move(chunk));
  }
}

// Those of which every record has a billing id.
Status CloseBilled(Transaction& transaction, const UsageFile& file, const ChunkStep& step) {
  CARREL_ASSIGN_OR_RETURN(
      std::vector<Chunk> chunks,
      ChunksWhere(transaction, file, "k.records_closed = k.records AND k.status <> 'closed'"));
  for (Chunk& chunk : chunks) CARREL_TRY(Take(transaction, std::move(chunk), step));
  return {};
}

}  // namespace

Status AddChunks(Transaction& transaction, const UsageFile& file, Timestamp now) {
  CARREL_TRY(Execute(transaction,
                     "UPDATE usage_totals SET hub_key = (SELECT a.hub_key FROM assets a WHERE "
                     "a.key = usage_totals.asset_key) WHERE load = ?",
                     file.load));
  CARREL_ASSIGN_OR_RETURN(const std::vector<HubShare> shares, SharesOf(transaction, file));
  const Actor system = SystemActor();
  const ChunkStep create{ChunkAction::kCreate, system, now};
  int number = 0;
  for (const HubShare& share : shares) {
    Chunk chunk{.id = fmt::format("UFC{}-{:03}", file.id.substr(2), ++number)};
    CARREL_TRY(Move(chunk, create));
    CARREL_ASSIGN_OR_RETURN(
        auto insert,
        Query(transaction,
              "INSERT INTO usage_chunks (id, file_key, records, records_closed, status, events, "
              "hub_key) VALUES (?, ?, ?, 0, ?, ?, ?)",
              chunk.id, file.key, share.records, Name(chunk.status),
              DumpJson(catalog::ToJson(chunk.events))));
    constexpr int kHub = 6;
    share.hub_key ? insert->BindInteger(kHub, *share.hub_key) : insert->BindNull(kHub);
    CARREL_TRY(insert->Step());
    CARREL_TRY(WriteAudit(transaction, chunk, ChunkState::kNone, create));
    CARREL_TRY(Take(transaction, std::move(chunk), {ChunkAction::kPrepare, system, now}));
  }
  return {};
}

Status TakeChunkStep(Transaction& transaction, const catalog::Account& account, std::string_view id,
                     const ChunkStep& step) {
  const Visibility visible = VisibleTo(account.role);
  CARREL_ASSIGN_OR_RETURN(
      auto row, Query(transaction,
                      fmt::format("SELECT {} FROM {} JOIN usage_chunks k ON k.file_key = f.key "
                                  "WHERE k.id = ? AND {}",
                                  kColumns, FileTables(), visible.condition),
                      id));
  if (visible.has_account) row->BindText(2, account.id);
  CARREL_ASSIGN_OR_RETURN(const bool found, row->Step());
  if (!found) return Fail(Code::kNotFound, fmt::format("usage chunk {} does not exist", id));
  CARREL_ASSIGN_OR_RETURN(Chunk chunk, Read(*row));
  return Take(transaction, std::move(chunk), step);
}

Status CountClosed(Transaction& transaction, const UsageFile& file, std::optional<int64_t> hub_key,
                   int64_t records, const Actor& actor, Timestamp now) {
  const std::string hub = hub_key ? fmt::format("hub_key = {}", *hub_key) : "hub_key IS NULL";
  CARREL_TRY(Execute(transaction,
                     fmt::format("UPDATE usage_chunks SET records_closed = records_closed + ? "
                                 "WHERE file_key = ? AND {}",
                                 hub),
                     records, file.key));
  return CloseBilled(transaction, file, {ChunkAction::kClose, actor, now});
}

Status CloseChunks(Transaction& transaction, const UsageFile& file, const Actor& actor,
                   Timestamp now) {
  CARREL_TRY(Execute(transaction,
                     "UPDATE usage_chunks SET records_closed = records WHERE file_key = ?",
                     file.key));
  return CloseBilled(transaction, file, {ChunkAction::kClose, actor, now});
}

}  // namespace carrel::usage
