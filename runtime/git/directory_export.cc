#include "runtime/git/directory_export.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include "runtime/base/sha256.h"
#include "runtime/base/text.h"
#include "runtime/git/checkout_writer.h"
#include "runtime/git/tree_policy.h"

namespace carrel::git {
namespace fs = std::filesystem;
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

class DirectoryCopy {
 public:
  DirectoryCopy(CheckoutWriter& writer, uint64_t max_entries)
      : writer_(writer), max_entries_(max_entries) {}

  Status CopyBelow(int directory, std::string_view path);
  std::string Address() { return digest_.Finish(); }

 private:
  Result<std::vector<std::string>> Names(int directory, std::string_view path) const;
  Status CopyEntry(int parent, const std::string& name);
  Status CopyFile(int fd, const std::string& name, const struct stat& info);

  CheckoutWriter& writer_;
  uint64_t max_entries_;
  Sha256 digest_;
};

std::string_view KindOf(mode_t mode) {
  if (S_ISLNK(mode)) return "a symbolic link";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

Result<std::vector<std::string>> DirectoryCopy::Names(int directory, std::string_view path) const {
  std::unique_ptr<DIR, CloseDirectory> stream(
      ::fdopendir(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
  if (!stream) return FailErrno(ShowPath(path));
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr && errno != 0) return FailErrno(ShowPath(path));
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name == "." || name == ".." || (path.empty() && name == ".git")) continue;
    names.emplace_back(name);
    if (names.size() > max_entries_) {
      return Fail(Code::kLimit,
                  fmt::format("\"{}\": more than {} files", ShowPath(path), max_entries_));
    }
  }
  std::ranges::sort(names);
  return names;
}

Status DirectoryCopy::CopyBelow(int directory, std::string_view path) {
  CARREL_ASSIGN_OR_RETURN(const auto names, Names(directory, path));
  for (const std::string& name : names) CARREL_TRY(CopyEntry(directory, name));
  return {};
}

Status DirectoryCopy::CopyEntry(int parent, const std::string& name) {
  const std::string path = writer_.PathOf(name);
  struct stat info{};
  if (::fstatat(parent, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    return FailErrno(ShowPath(path));
  }
  if (!S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)) {
    return Fail(Code::kInvalid,
                fmt::format("\"{}\": {} is not allowed", ShowPath(path), KindOf(info.st_mode)));
  }
  UniqueFd fd(::openat(parent, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd || ::fstat(fd.get(), &info) != 0) return FailErrno(ShowPath(path));
  if (S_ISREG(info.st_mode)) return CopyFile(fd.get(), name, info);
  if (!S_ISDIR(info.st_mode)) {
    return Fail(Code::kInvalid, fmt::format("\"{}\": changed while it was read", ShowPath(path)));
  }
  digest_.Update(fmt::format("d{}", path) + '\0');
  CARREL_TRY(writer_.EnterDirectory(name));
  CARREL_TRY(CopyBelow(fd.get(), path));
  return writer_.LeaveDirectory();
}

Status DirectoryCopy::CopyFile(int fd, const std::string& name, const struct stat& info) {
  const std::string path = writer_.PathOf(name);
  CARREL_TRY(writer_.BeginFile(name, static_cast<uint64_t>(info.st_size)));
  Sha256 content;
  std::vector<char> buffer(size_t{1} << 16);
  while (true) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return FailErrno(ShowPath(path));
    if (n == 0) break;
    const std::string_view bytes(buffer.data(), static_cast<size_t>(n));
    content.Update(bytes);
    CARREL_TRY(writer_.Append(bytes));
  }
  digest_.Update(fmt::format("f{}", path) + '\0' + content.Finish());
  return writer_.EndFile();
}

bool LiesBelow(const fs::path& path, const fs::path& directory) {
  std::error_code error;
  const fs::path relative =
      fs::weakly_canonical(path, error).lexically_relative(fs::weakly_canonical(directory, error));
  return !relative.empty() && *relative.begin() != "..";
}

}  // namespace

Result<Checkout> ExportPlainDirectory(const fs::path& source, const fs::path& checkouts,
                                      const ExportLimits& limits) {
  UniqueFd root(::open(source.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root && errno == ENOTDIR) {
    return Fail(Code::kInvalid, fmt::format("{}: not a directory", source.string()));
  }
  if (!root) return FailErrno(source.string());
  if (LiesBelow(checkouts, source)) {
    return Fail(Code::kInvalid, fmt::format("{}: the checkouts directory {} lies inside it",
                                            source.string(), checkouts.string()));
  }
  CARREL_ASSIGN_OR_RETURN(CheckoutWriter writer, CheckoutWriter::Begin(checkouts, limits));
  DirectoryCopy copy(writer, limits.max_files);
  if (Status copied = copy.CopyBelow(root.get(), ""); !copied) {
    return Wrap(copied.error(), source.string());
  }
  return std::move(writer).Publish(copy.Address());
}

}  // namespace carrel::git
