// The spreadsheets that the runtime makes of usage data, and who may have which. They are made when
// they are asked for, of one state of the store, into a file without a name: what is handed out is
// complete, and the same data give the same bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/catalog/account.h"
#include "runtime/store/database.h"
#include "runtime/usage/download.h"
#include "runtime/usage/upload_store.h"

namespace carrel::usage {

enum class FileKind : uint8_t { kProcessed, kDistributor, kReconciliation };
// "processed", "distributor", "reconciliation"; nullopt for another name.
std::optional<FileKind> FileKindNamed(std::string_view name);

enum class TemplateFormat : uint8_t { kXlsx, kCsv };
// "xlsx", "csv"; nullopt for another name.
std::optional<TemplateFormat> TemplateFormatNamed(std::string_view name);

// Thread-safe; what it is given outlives it. An account sees what VisibleTo says; anything else is
// kNotFound. kLimit for more records than a sheet has rows, and kIo.
class GeneratedFiles {
 public:
  GeneratedFiles(store::Database& database, const UploadStore& uploads, const Clock& clock)
      : database_(database), uploads_(uploads), clock_(clock) {}

  // The processed file is the vendor's, the others are of those who bill; kDenied for anybody else.
  // kConflict in a state that has no such file, kNotFound while no records were read.
  Result<Download> Open(const catalog::Account& account, std::string_view file_id,
                        FileKind kind) const;
  // The records of one hub; kDenied for vendors.
  Result<Download> OpenChunk(const catalog::Account& account, std::string_view chunk_id) const;
  // What fits the product; a vendor has its own products only. kInvalid for one that takes no
  // usage.
  Result<Download> OpenTemplate(const catalog::Account& account, std::string_view product_id,
                                TemplateFormat format) const;

 private:
  store::Database& database_;
  const UploadStore& uploads_;
  const Clock& clock_;
};

}  // namespace carrel::usage
