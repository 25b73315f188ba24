// The chunks of an accepted usage file: one for each hub that its records belong to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/catalog/account.h"
#include "runtime/store/database.h"
#include "runtime/usage/chunk_state.h"
#include "runtime/usage/file_rows.h"
#include "runtime/usage/party.h"

namespace carrel::usage {

// Of a file that was just accepted. A record stays in the chunk of the hub that its asset has now,
// which usage_totals keeps, wherever the asset goes later. Spreadsheets are made when they are
// asked for, so that every chunk is ready at once.
Status AddChunks(store::Transaction& transaction, const UsageFile& file, Timestamp now);

// Who does it, and when; `note` says why.
struct ChunkStep {
  ChunkAction action;
  const Actor& actor;
  Timestamp now;
  std::string_view note = {};
};

// A step of a chunk that the account may see. kNotFound, kConflict, kDenied.
Status TakeChunkStep(store::Transaction& transaction, const catalog::Account& account,
                     std::string_view id, const ChunkStep& step);

// `records` more of the hub's have a billing id; the last one closes the chunk.
Status CountClosed(store::Transaction& transaction, const UsageFile& file,
                   std::optional<int64_t> hub_key, int64_t records, const Actor& actor,
                   Timestamp now);

// All records of the file have one: closes what is open.
Status CloseChunks(store::Transaction& transaction, const UsageFile& file, const Actor& actor,
                   Timestamp now);

}  // namespace carrel::usage
