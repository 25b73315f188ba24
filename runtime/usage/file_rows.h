// A usage file as a row of the store, and the one way its row changes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/catalog/account.h"
#include "runtime/catalog/object_list.h"
#include "runtime/store/database.h"
#include "runtime/usage/file_state.h"
#include "runtime/usage/party.h"
#include "runtime/usage/record_state.h"

namespace carrel::usage {

using catalog::Reference;

// A reference inside the store and outside.
struct KeyedReference {
  int64_t key = 0;
  Reference value;
};

struct RecordCounts {
  int64_t all = 0;
  int64_t valid = 0;
  int64_t closed = 0;
  int64_t billed = 0;  // closed, with a billing id
  bool operator==(const RecordCounts&) const = default;
};

struct StoredUpload {
  std::string stored;  // its name in the file's directory; empty: none
  std::string name;    // as it was sent
  int64_t size = 0;
  std::string sha256;
};

struct UsageFile {
  int64_t key = 0;
  std::string id;
  std::string name, description, external_id;
  std::string note, acceptance_note, rejection_note, error_detail;
  FileState status = FileState::kDraft;
  FileState previous = FileState::kDraft;  // while it is uploading
  std::string environment = "production";
  KeyedReference vendor;
  std::optional<KeyedReference> provider, reseller;
  KeyedReference marketplace;
  std::optional<KeyedReference> contract;
  KeyedReference product;
  std::string schema;  // "qt", "tr", "cr", "pr"
  std::string currency;
  Timestamp period_from, period_to;
  int64_t load = 0;  // whose records it shows; 0: none
  RecordState record_state =
      RecordState::kValidated;  // of records that are neither invalid nor closed
  RecordCounts counts;
  StoredUpload upload;
  std::string reconciliation;  // stored name of the last one
  catalog::Events events;
  Timestamp created;
  std::string lease_owner;  // the process that uploads or processes; may be empty
};

// The columns and the FROM clause with all it refers to: f, v, d, s (vendor, distributor,
// reseller), m, c, p.
std::string_view FileColumns();
std::string_view FileTables();
Result<UsageFile> ReadFileRow(const store::Statement& row);

// kNotFound for an unknown id.
Result<UsageFile> LoadFile(store::Transaction& transaction, std::string_view id);
Result<UsageFile> LoadFileByKey(store::Transaction& transaction, int64_t key);

// Gives it an id of the month of `now`, status draft.
Result<UsageFile> InsertFile(store::Transaction& transaction, UsageFile file, const Actor& actor,
                             Timestamp now);

struct FileStep {
  FileAction action;
  const Actor& actor;
  Timestamp now;
  std::string_view note = {};
};

// Takes the step from `file.status`, which must still be the row's, and writes every field of
// `file` that can change. kConflict or kDenied as the state table says, kConflict for a lost race.
Result<UsageFile> TakeStep(store::Transaction& transaction, UsageFile file, const FileStep& step);

// What the account may see: a vendor its own; a distributor or reseller those it is party of, once
// they were submitted and unless they are previews; an admin all. SQL over FileTables(), with one
// placeholder for the account's id when `has_account`.
struct Visibility {
  std::string condition;
  bool has_account = false;
};
Visibility VisibleTo(catalog::Role role);

// The same for lists.
catalog::Scope VisibleScope(const catalog::Account& account);

// LoadFile for one that the account may see; anything else does not exist.
Result<UsageFile> LoadVisible(store::Transaction& transaction, const catalog::Account& account,
                              std::string_view id);

}  // namespace carrel::usage
