#include "runtime/usage/upload_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "runtime/base/files.h"
#include "runtime/base/ids.h"
#include "runtime/base/sha256.h"
#include "runtime/base/text.h"

namespace carrel::usage {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kTemporary = ".tmp";
constexpr std::string_view kBin = ".deleted";
constexpr size_t kPiece = size_t{1} << 18;

// Removes what was not renamed.
class Temporary {
 public:
  explicit Temporary(fs::path path) : path_(std::move(path)) {}
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  const fs::path& path() const { return path_; }
  Status Rename(const fs::path& to) {
    if (::rename(path_.c_str(), to.c_str()) != 0) return FailErrno(to.string());
    path_.clear();
    return {};
  }

 private:
  fs::path path_;
};

// What is not there need not be moved.
Status Move(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0 && errno != ENOENT) return FailErrno(to.string());
  return {};
}

}  // namespace

Result<StoredUpload> UploadStore::Store(std::string_view file_id, std::string_view name, int fd,
                                        int64_t max_bytes, const UploadProgress& progress) const {
  const fs::path directory = root_ / file_id;
  CARREL_TRY(MakeDirectories(directory));
  StoredUpload out{
      .stored = "upload-" + RandomHex(8), .name = std::string(name), .size = 0, .sha256 = {}};
  Temporary temporary(directory / (out.stored + std::string(kTemporary)));
  const UniqueFd to(
      ::open(temporary.path().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!to) return FailErrno(temporary.path().string());
  Sha256 hash;
  std::vector<char> buffer(kPiece);
  while (true) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FailErrno("reading the spreadsheet");
    if (count == 0) break;
    out.size += count;
    if (out.size > max_bytes) {
      return Fail(Code::kLimit, fmt::format("the spreadsheet is larger than {}",
                                            HumanBytes(static_cast<uint64_t>(max_bytes))));
    }
    const std::string_view piece(buffer.data(), static_cast<size_t>(count));
    hash.Update(piece);
    CARREL_TRY(WriteAll(to.get(), piece));
    if (progress) progress(out.size);
  }
  if (out.size == 0) return Fail(Code::kInvalid, "the spreadsheet is empty: 0 bytes");
  if (::fsync(to.get()) != 0) return FailErrno(temporary.path().string());
  CARREL_TRY(temporary.Rename(directory / out.stored));
  CARREL_TRY(SyncDirectory(directory));
  out.sha256 = hash.Finish();
  return out;
}

fs::path UploadStore::PathOf(std::string_view file_id, std::string_view stored) const {
  return root_ / file_id / stored;
}

Result<UniqueFd> UploadStore::Open(std::string_view file_id, std::string_view stored) const {
  const fs::path path = PathOf(file_id, stored);
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return FailErrno(path.string());
  return fd;
}

Result<fs::path> UploadStore::ScratchDirectory() const {
  CARREL_TRY(MakeDirectories(root_));
  return root_;
}

Status UploadStore::Keep(std::string_view file_id, const std::set<std::string>& kept) const {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(root_ / file_id, error)) {
    if (kept.contains(entry.path().filename().string())) continue;
    if (::unlink(entry.path().c_str()) != 0 && errno != ENOENT) {
      return FailErrno(entry.path().string());
    }
  }
  return {};
}

Status UploadStore::Discard(std::string_view file_id) const {
  const fs::path bin = root_ / kBin;
  CARREL_TRY(MakeDirectories(bin));
  CARREL_TRY(Move(root_ / file_id, bin / file_id));
  CARREL_TRY(SyncDirectory(bin));
  return SyncDirectory(root_);
}

Status UploadStore::Restore(std::string_view file_id) const {
  return Move(root_ / kBin / file_id, root_ / file_id);
}

Status UploadStore::Purge(std::string_view file_id) const {
  return RemoveTree(root_ / kBin / file_id);
}

Result<std::vector<std::string>> UploadStore::Discarded() const {
  std::vector<std::string> out;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(root_ / kBin, error)) {
    out.push_back(entry.path().filename().string());
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return FailErrno((root_ / kBin).string(), error.value());
  }
  return out;
}

}  // namespace carrel::usage
