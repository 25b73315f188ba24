#include "runtime/usage/generated_files.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <utility>

#include "runtime/base/files.h"
#include "runtime/base/transition.h"
#include "runtime/catalog/products.h"
#include "runtime/usage/csv_template.h"
#include "runtime/usage/distributor_file.h"
#include "runtime/usage/generated_book.h"
#include "runtime/usage/processed_file.h"
#include "runtime/usage/usage_template.h"
#include "runtime/usage/workbook_template.h"
#include "sdk/render/xlsx_cell.h"

namespace carrel::usage {
namespace {

using catalog::Account;
using catalog::Role;
using store::Transaction;

constexpr std::string_view kXlsx =
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
constexpr std::string_view kCsv = "text/csv; charset=utf-8";

constexpr std::array kKinds = {
    std::pair{FileKind::kProcessed, std::string_view("processed")},
    std::pair{FileKind::kDistributor, std::string_view("distributor")},
    std::pair{FileKind::kReconciliation, std::string_view("reconciliation")},
};
constexpr std::array kFormats = {
    std::pair{TemplateFormat::kXlsx, std::string_view("xlsx")},
    std::pair{TemplateFormat::kCsv, std::string_view("csv")},
};

// Whether a file has one of a kind.
bool IsMadeIn(FileKind kind, FileState state) {
  switch (kind) {
    case FileKind::kProcessed:
      return state != FileState::kUploading && state != FileState::kProcessing;
    case FileKind::kDistributor:
      return state == FileState::kPending || state == FileState::kRejected ||
             state == FileState::kAccepted || state == FileState::kClosed;
    case FileKind::kReconciliation:
      return state == FileState::kAccepted || state == FileState::kClosed;
  }
  return false;
}

Status CheckRole(Role role, FileKind kind) {
  const bool is_vendors = kind == FileKind::kProcessed;
  if (role == Role::kAdmin || (role == Role::kVendor) == is_vendors) return {};
  return Fail(Code::kDenied, fmt::format("the {} file is not for the role {}", NameIn(kKinds, kind),
                                         catalog::Name(role)));
}

// What comes as CSV may be more than a workbook can take.
Status CheckRoom(std::string_view id, int64_t records) {
  constexpr int64_t kMost = render::kMaxSheetRows - 1;
  if (records <= kMost) return {};
  return Fail(Code::kLimit, fmt::format("{} has {} records: the sheet of a workbook holds {}", id,
                                        records, kMost));
}

Status CheckFile(const UsageFile& file, FileKind kind) {
  if (!IsMadeIn(kind, file.status)) {
    return Fail(Code::kConflict, fmt::format("usage file {} is {}: it has no {} file", file.id,
                                             Name(file.status), NameIn(kKinds, kind)));
  }
  if (file.load == 0) {
    return Fail(Code::kNotFound,
                fmt::format("usage file {} has no records{}{}", file.id,
                            file.error_detail.empty() ? "" : ": ", file.error_detail));
  }
  return CheckRoom(file.id, file.counts.all);
}

// An unnamed file that `write` fills, at its first byte.
Result<UniqueFd> MakeFile(
    const UploadStore& uploads,
    const std::function<Status(int fd, const std::filesystem::path&)>& write) {
  CARREL_ASSIGN_OR_RETURN(const std::filesystem::path directory, uploads.ScratchDirectory());
  CARREL_ASSIGN_OR_RETURN(UniqueFd fd, OpenUnnamed(directory));
  CARREL_TRY(write(fd.get(), directory));
  if (::lseek(fd.get(), 0, SEEK_SET) != 0) return FailErrno(directory.string());
  return fd;
}

struct ChunkOfFile {
  HubChunk chunk;
  UsageFile file;
};

// Of a file that the account may see.
Result<ChunkOfFile> LoadChunk(Transaction& transaction, const Account& account,
                              std::string_view id) {
  const auto missing = [&] {
    return Fail(Code::kNotFound, fmt::format("usage chunk {} does not exist", id));
  };
  CARREL_ASSIGN_OR_RETURN(
      auto row,
      store::Query(transaction,
                   "SELECT f.id, k.hub_key, h.id, h.name, k.records FROM usage_chunks k JOIN "
                   "usage_files f ON "
                   "f.key = k.file_key LEFT JOIN hubs h ON h.key = k.hub_key WHERE k.id = ?",
                   id));
  CARREL_ASSIGN_OR_RETURN(const bool found, row->Step());
  if (!found) return missing();
  auto file = LoadVisible(transaction, account, row->Text(0));
  if (!file && file.error().code == Code::kNotFound) return missing();
  CARREL_TRY(file);
  CARREL_TRY(CheckRoom(id, row->Integer(4)));
  ChunkOfFile out{{.id = std::string(id)}, std::move(*file)};
  if (!row->IsNull(1)) out.chunk.hub_key = row->Integer(1);
  out.chunk.hub_id = store::TextColumn(*row, 2);
  out.chunk.hub_name = store::TextColumn(*row, 3);
  return out;
}

}  // namespace

std::optional<FileKind> FileKindNamed(std::string_view name) { return ValueNamed(kKinds, name); }

std::optional<TemplateFormat> TemplateFormatNamed(std::string_view name) {
  return ValueNamed(kFormats, name);
}

Result<Download> GeneratedFiles::Open(const Account& account, std::string_view file_id,
                                      FileKind kind) const {
  const auto make = [&](Transaction& transaction) -> Result<Download> {
    CARREL_ASSIGN_OR_RETURN(const UsageFile file, LoadVisible(transaction, account, file_id));
    CARREL_TRY(CheckRole(account.role, kind));
    CARREL_TRY(CheckFile(file, kind));
    const auto write = [&](int fd, const std::filesystem::path& directory) -> Status {
      CARREL_ASSIGN_OR_RETURN(GeneratedBook book, GeneratedBook::Create(fd, directory));
      if (kind == FileKind::kProcessed) {
        const auto spreadsheet = uploads_.PathOf(file.id, file.upload.stored);
        const auto done = WriteProcessedFile(transaction, {file, spreadsheet, directory}, book);
        if (done || done.error().code != Code::kNotFound) return done;
        return Fail(Code::kConflict, fmt::format("usage file {} is being sent again", file.id));
      }
      const bool is_billed = kind == FileKind::kReconciliation;
      return WriteDistributorFile(
          transaction, {file, is_billed ? BillingColumns::kYes : BillingColumns::kNo}, book);
    };
    CARREL_ASSIGN_OR_RETURN(UniqueFd fd, MakeFile(uploads_, write));
    return Download{std::move(fd), fmt::format("{}-{}.xlsx", file.id, NameIn(kKinds, kind)), kXlsx};
  };
  return database_.Read(make);
}

Result<Download> GeneratedFiles::OpenChunk(const Account& account,
                                           std::string_view chunk_id) const {
  const auto make = [&](Transaction& transaction) -> Result<Download> {
    CARREL_ASSIGN_OR_RETURN(const ChunkOfFile found, LoadChunk(transaction, account, chunk_id));
    CARREL_TRY(CheckRole(account.role, FileKind::kDistributor));
    const auto write = [&](int fd, const std::filesystem::path& directory) -> Status {
      CARREL_ASSIGN_OR_RETURN(GeneratedBook book, GeneratedBook::Create(fd, directory));
      return WriteDistributorFile(transaction, {found.file, BillingColumns::kYes, found.chunk},
                                  book);
    };
    CARREL_ASSIGN_OR_RETURN(UniqueFd fd, MakeFile(uploads_, write));
    return Download{std::move(fd), found.chunk.id + ".xlsx", kXlsx};
  };
  return database_.Read(make);
}

Result<Download> GeneratedFiles::OpenTemplate(const Account& account, std::string_view product_id,
                                              TemplateFormat format) const {
  const auto load = [&](Transaction& transaction) -> Result<UsageTemplate> {
    CARREL_ASSIGN_OR_RETURN(const catalog::Product product,
                            catalog::LoadProduct(transaction, product_id));
    if (account.role == Role::kVendor && product.vendor.id != account.id) {
      return Fail(Code::kNotFound, fmt::format("product {} does not exist", product_id));
    }
    return MakeTemplate(transaction, product, clock_.Now());
  };
  CARREL_ASSIGN_OR_RETURN(const UsageTemplate sheet, database_.Read(load));
  const auto write = [&](int fd, const std::filesystem::path& directory) -> Status {
    if (format == TemplateFormat::kCsv) return WriteAll(fd, CsvTemplate(sheet));
    CARREL_ASSIGN_OR_RETURN(GeneratedBook book, GeneratedBook::Create(fd, directory));
    return WriteTemplate(sheet, book);
  };
  CARREL_ASSIGN_OR_RETURN(UniqueFd fd, MakeFile(uploads_, write));
  return Download{std::move(fd), fmt::format("{}.{}", product_id, NameIn(kFormats, format)),
                  format == TemplateFormat::kCsv ? kCsv : kXlsx};
}

}  // namespace carrel::usage
