#include "runtime/git/checkout_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "runtime/base/files.h"
#include "runtime/base/ids.h"
#include "runtime/base/text.h"
#include "runtime/git/tree_policy.h"

namespace carrel::git {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kTemporaryPrefix = ".tmp-";
constexpr size_t kMaxPath = 4096;

Status OverLimit(std::string_view path, std::string_view what, uint64_t limit) {
  return Fail(Code::kLimit, fmt::format("\"{}\": more than {} {}", ShowPath(path), limit, what));
}

UniqueFd OpenDirectory(const fs::path& path) {
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

Status CheckTotals(std::string_view path, uint64_t entries, uint64_t bytes,
                   const ExportLimits& limits) {
  if (entries > limits.max_files) return OverLimit(path, "files", limits.max_files);
  if (bytes > limits.max_bytes) return OverLimit(path, "bytes in all", limits.max_bytes);
  return {};
}

// Whether `path` still names the directory that is open as `fd`.
bool IsStillAt(int fd, const fs::path& path) {
  struct stat opened{};
  struct stat named{};
  return ::fstat(fd, &opened) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

}  // namespace

Result<std::optional<UniqueFd>> HoldCheckout(const fs::path& path) {
  UniqueFd fd = OpenDirectory(path);
  if (!fd && errno == ENOENT) return std::nullopt;
  if (!fd) return FailErrno(path.string());
  while (::flock(fd.get(), LOCK_SH) != 0) {
    if (errno != EINTR) return FailErrno(path.string());
  }
  if (!IsStillAt(fd.get(), path)) return std::nullopt;
  (void)::futimens(fd.get(), nullptr);  // its last use, for whoever looks for the oldest
  return fd;
}

Result<bool> RemoveCheckout(const fs::path& root, const std::string& address) {
  const fs::path path = root / address;
  const UniqueFd lock = OpenDirectory(path);
  if (!lock && errno == ENOENT) return true;
  if (!lock) return FailErrno(path.string());
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return false;
  if (!IsStillAt(lock.get(), path)) return true;
  // Out of sight in one step; the lock goes along and keeps sweeps away.
  const fs::path grave = root / fmt::format("{}{}", kTemporaryPrefix, RandomHex(8));
  if (::rename(path.c_str(), grave.c_str()) != 0) return FailErrno(path.string());
  CARREL_TRY(RemoveTree(grave));
  return true;
}

Result<std::pair<fs::path, UniqueFd>> MakeLockedTemporary(const fs::path& root) {
  for (int attempt = 0; attempt < 8; ++attempt) {
    const fs::path path = root / fmt::format("{}{}", kTemporaryPrefix, RandomHex(8));
    if (::mkdir(path.c_str(), 0700) != 0) return FailErrno(path.string());
    UniqueFd lock = OpenDirectory(path);
    // a sweep may have taken it between the two calls; then another one is made
    if (lock && ::flock(lock.get(), LOCK_EX | LOCK_NB) == 0 && ::access(path.c_str(), F_OK) == 0) {
      return std::pair{path, std::move(lock)};
    }
  }
  return Fail(Code::kIo, fmt::format("{}: no temporary directory could be locked", root.string()));
}

Result<int> SweepTemporaries(const fs::path& root) {
  int removed = 0;
  std::error_code error;
  for (fs::directory_iterator it(root, error), end; !error && it != end; it.increment(error)) {
    const fs::path path = it->path();
    if (!path.filename().string().starts_with(kTemporaryPrefix)) continue;
    UniqueFd lock = OpenDirectory(path);
    if (!lock || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) continue;
    CARREL_TRY(RemoveTree(path));
    ++removed;
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return FailErrno(root.string(), error.value());
  }
  return removed;
}

Result<Checkout> FindCheckout(const fs::path& root, const std::string& address,
                              const ExportLimits& limits) {
  Checkout found{fs::absolute(root / address), address, 0, 0};
  std::error_code error;
  if (!fs::is_directory(found.path, error)) {
    return Fail(Code::kNotFound, fmt::format("{}: no such checkout", found.path.string()));
  }
  uint64_t entries = 0;
  for (fs::recursive_directory_iterator it(found.path, error), end; !error && it != end;
       it.increment(error)) {
    const std::string path = it->path().lexically_relative(found.path).string();
    ++entries;
    if (it->is_directory(error)) {
      if (it.depth() + 1 > limits.max_depth) {
        return Fail(Code::kLimit, fmt::format("\"{}\": deeper than {} directories", ShowPath(path),
                                              limits.max_depth));
      }
    } else {
      const uint64_t size = it->file_size(error);
      if (size > limits.max_file_bytes) {
        return std::unexpected(OverLimit(path, "bytes", limits.max_file_bytes).error());
      }
      ++found.files;
      found.bytes += size;
    }
    CARREL_TRY(CheckTotals(path, entries, found.bytes, limits));
  }
  if (error) return FailErrno(found.path.string(), error.value());
  return found;
}

Result<CheckoutWriter> CheckoutWriter::Begin(const fs::path& root, const ExportLimits& limits) {
  CARREL_TRY(MakeDirectories(root));
  CARREL_ASSIGN_OR_RETURN(auto temporary, MakeLockedTemporary(root));
  return CheckoutWriter(root, temporary.first, std::move(temporary.second), limits);
}

CheckoutWriter::CheckoutWriter(fs::path root, fs::path temporary, UniqueFd directory,
                               const ExportLimits& limits)
    : root_(std::move(root)),
      temporary_(std::move(temporary)),
      lock_(std::move(directory)),
      limits_(limits) {
  levels_.push_back({UniqueFd(::fcntl(lock_.get(), F_DUPFD_CLOEXEC, 0)), "", {}});
}

CheckoutWriter::CheckoutWriter(CheckoutWriter&& other) noexcept
    : root_(std::move(other.root_)),
      temporary_(std::exchange(other.temporary_, {})),
      lock_(std::move(other.lock_)),
      limits_(other.limits_),
      levels_(std::move(other.levels_)),
      file_(std::move(other.file_)),
      file_path_(std::move(other.file_path_)),
      file_bytes_(other.file_bytes_),
      entries_(other.entries_),
      files_(other.files_),
      bytes_(other.bytes_) {}

CheckoutWriter::~CheckoutWriter() {
  if (!temporary_.empty()) (void)RemoveTree(temporary_);
}

std::string CheckoutWriter::PathOf(std::string_view name) const {
  const std::string& parent = levels_.back().path;
  return parent.empty() ? std::string(name) : fmt::format("{}/{}", parent, name);
}

Status CheckoutWriter::Claim(std::string_view name) {
  const std::string path = PathOf(name);
  CARREL_TRY(CheckEntryName(name, path));
  if (path.size() > kMaxPath) return OverLimit(path, "bytes in a path", kMaxPath);
  if (!levels_.back().names.insert(FoldName(name)).second) {
    return Fail(Code::kInvalid,
                fmt::format("\"{}\": the directory holds another entry that differs in case only "
                            "or not at all",
                            ShowPath(path)));
  }
  return CheckTotals(path, ++entries_, bytes_, limits_);
}

Status CheckoutWriter::EnterDirectory(std::string_view name) {
  CARREL_TRY(Claim(name));
  const std::string path = PathOf(name);
  // the first level is the root itself
  if (levels_.size() > static_cast<size_t>(limits_.max_depth)) {
    return Fail(Code::kLimit, fmt::format("\"{}\": deeper than {} directories", ShowPath(path),
                                          limits_.max_depth));
  }
  const std::string component(name);
  const int parent = levels_.back().directory.get();
  if (::mkdirat(parent, component.c_str(), 0700) != 0) return FailErrno(ShowPath(path));
  UniqueFd directory(
      ::openat(parent, component.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory) return FailErrno(ShowPath(path));
  levels_.push_back({std::move(directory), path, {}});
  return {};
}

Status CheckoutWriter::LeaveDirectory() {
  if (::fchmod(levels_.back().directory.get(), 0555) != 0) {
    return FailErrno(ShowPath(levels_.back().path));
  }
  levels_.pop_back();
  return {};
}

Status CheckoutWriter::BeginFile(std::string_view name, uint64_t size) {
  CARREL_TRY(Claim(name));
  file_path_ = PathOf(name);
  file_bytes_ = 0;
  if (size > limits_.max_file_bytes) return OverLimit(file_path_, "bytes", limits_.max_file_bytes);
  if (size > limits_.max_bytes - bytes_) {
    return OverLimit(file_path_, "bytes in all", limits_.max_bytes);
  }
  const std::string component(name);
  file_ = UniqueFd(::openat(levels_.back().directory.get(), component.c_str(),
                            O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file_) return FailErrno(ShowPath(file_path_));
  ++files_;
  return {};
}

Status CheckoutWriter::Append(std::string_view bytes) {
  file_bytes_ += bytes.size();
  bytes_ += bytes.size();
  if (file_bytes_ > limits_.max_file_bytes) {
    return OverLimit(file_path_, "bytes", limits_.max_file_bytes);
  }
  CARREL_TRY(CheckTotals(file_path_, entries_, bytes_, limits_));
  if (Status written = WriteAll(file_.get(), bytes); !written) {
    return Wrap(written.error(), ShowPath(file_path_));
  }
  return {};
}

Status CheckoutWriter::EndFile() {
  const bool failed = ::fchmod(file_.get(), 0444) != 0;
  file_.Reset();
  if (failed) return FailErrno(ShowPath(file_path_));
  return {};
}

Result<Checkout> CheckoutWriter::Publish(const std::string& address) && {
  // one call writes out every file and directory below, whatever their number
  if (::fchmod(lock_.get(), 0555) != 0 || ::syncfs(lock_.get()) != 0) {
    return FailErrno(temporary_.string());
  }
  const fs::path target = root_ / address;
  if (::rename(temporary_.c_str(), target.c_str()) != 0) {
    // another process was first; what is there has the same content by its address
    if (errno == EEXIST || errno == ENOTEMPTY) return FindCheckout(root_, address, limits_);
    return FailErrno(target.string());
  }
  temporary_.clear();
  CARREL_TRY(SyncDirectory(root_));
  return Checkout{fs::absolute(target), address, files_, bytes_};
}

}  // namespace carrel::git
