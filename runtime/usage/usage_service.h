// The life of usage files: created, uploaded, processed, submitted, judged, deleted. Closing is
// closing.h, lists are usage_lists.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/catalog/account.h"
#include "runtime/store/database.h"
#include "runtime/usage/download.h"
#include "runtime/usage/file_rows.h"
#include "runtime/usage/record_load.h"
#include "runtime/usage/record_source.h"
#include "runtime/usage/upload_store.h"

namespace carrel::usage {

struct CreateFile {
  std::string name, description, external_id, note;
  std::string product_id;
  std::string contract_id;  // either this, or the marketplace alone
  std::string marketplace_id;
  std::string environment = "production";
  std::string currency;  // ISO 4217; not for products of schema QT, needed for all others
  Timestamp period_from, period_to;
};

struct EditFile {
  std::optional<std::string> name = {}, description = {}, external_id = {}, note = {};
  std::optional<Timestamp> period_from = {}, period_to = {};
};

struct Sent {
  std::string_view name;  // of the spreadsheet on the sender's side
  int fd = -1;            // read from its position to its end; not owned
  UploadProgress progress = {};
};

struct UsageServiceOptions {
  std::string host_id;  // of this process
  // Whether the process of that host id is known to be gone.
  std::function<bool(std::string_view)> is_gone;
  int64_t max_upload_bytes = int64_t{2} << 30;
};

// Thread-safe; what it is given outlives it. An account sees what VisibleTo says; anything else is
// kNotFound. Every step: kConflict or kDenied when the state table does not allow it.
class UsageService {
 public:
  UsageService(store::Database& database, const UploadStore& uploads, RecordSource& source,
               const Clock& clock, UsageServiceOptions options)
      : database_(database),
        uploads_(uploads),
        source_(source),
        clock_(clock),
        options_(std::move(options)) {}

  // kInvalid with every fault, one a line.
  Result<UsageFile> Create(const catalog::Account& account, std::string_view origin,
                           const CreateFile& request);
  Result<UsageFile> Edit(const catalog::Account& account, std::string_view origin,
                         std::string_view id, const EditFile& edit);
  Result<UsageFile> Get(const catalog::Account& account, std::string_view id);

  // Stores the spreadsheet; the file is *processing* then, and Process reads it. When the upload
  // breaks off the file is back where it was.
  Result<UsageFile> Upload(const catalog::Account& account, std::string_view origin,
                           std::string_view id, const Sent& sent);
  Result<UsageFile> Reprocess(const catalog::Account& account, std::string_view origin,
                              std::string_view id);
  // Reads the spreadsheet of a processing file: ready or invalid. Its records replace those that
  // were there, all at once. An error (the disk is full) leaves it processing.
  Result<UsageFile> Process(std::string_view id, const LoadProgress& progress = {});

  // Runs the rules of the product; the file is accepted or rejected by them, or pending.
  Result<UsageFile> Submit(const catalog::Account& account, std::string_view origin,
                           std::string_view id);
  // kInvalid without a note.
  Result<UsageFile> Accept(const catalog::Account& account, std::string_view origin,
                           std::string_view id, std::string_view note);
  Result<UsageFile> Reject(const catalog::Account& account, std::string_view origin,
                           std::string_view id, std::string_view note);
  Status Delete(const catalog::Account& account, std::string_view origin, std::string_view id);

  // The spreadsheet as it was sent; kNotFound when there is none.
  Result<Download> OpenUpload(const catalog::Account& account, std::string_view id);

  // Takes up what hosts that are gone left behind: an upload goes back to where it was, a reading
  // is to be done again, what was replaced or deleted is removed. The ids of those to Process.
  Result<std::vector<std::string>> Recover();

 private:
  struct StepRequest {
    const catalog::Account& account;
    std::string_view origin;
    std::string_view id;
    FileAction action;
    std::string_view note = {};
  };
  // LoadVisible, `change`, TakeStep in one transaction.
  Result<UsageFile> Step(const StepRequest& request,
                         const std::function<Status(store::Transaction&, UsageFile&)>& change);
  Result<UsageFile> Judge(const StepRequest& request);
  Status Abandon(std::string_view id);
  Result<UsageFile> ReadAndPublish(const UsageFile& file, const LoadProgress& progress);
  Result<UsageFile> Publish(store::Transaction& transaction, RecordLoad& load,
                            std::string_view remark);
  Result<UsageFile> RefuseWhole(const UsageFile& file, const Error& error);
  // Removes what `file` no longer needs, and gives up the lease on it, unless somebody works on it.
  Status Tidy(std::string_view id);
  // The file when its host was gone, and it is this one's now.
  Result<std::optional<UsageFile>> TakeOver(store::Transaction& transaction, std::string_view id);
  Status RecoverDeleted();

  store::Database& database_;
  const UploadStore& uploads_;
  RecordSource& source_;
  const Clock& clock_;
  const UsageServiceOptions options_;
};

// pending -> accepted, with a chunk for each hub that its records belong to.
Result<UsageFile> AcceptFile(store::Transaction& transaction, UsageFile file, const Actor& actor,
                             Timestamp now, std::string_view note);
Result<UsageFile> RejectFile(store::Transaction& transaction, UsageFile file, const Actor& actor,
                             Timestamp now, std::string_view note);

}  // namespace carrel::usage
