#include "runtime/cli/output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>

#include "runtime/base/ids.h"

namespace carrel::cli {
namespace fs = std::filesystem;
namespace {

constexpr const char* kOpenFiles = "/proc/self/fd";

// A terminal, a pipe, whatever is open already: nothing to be atomic about, and never replaced.
bool IsWrittenInPlace(const fs::path& path) {
  std::error_code error;
  const std::string text = path.lexically_normal().string();
  return text.starts_with("/dev/") || text.starts_with("/proc/") ||
         (fs::exists(path, error) && !fs::is_regular_file(path, error));
}

}  // namespace

bool IsStandardOutput(const fs::path& path) {
  constexpr std::array kNames = {"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"};
  return std::ranges::find(kNames, path) != kNames.end();
}

Status CheckOutput(const fs::path& path, const Console& console) {
  if (IsStandardOutput(path)) {
    if (!console.is_json()) return {};
    return Fail(Code::kUsage, fmt::format("--output {}: standard output holds what --json prints",
                                          path.string()));
  }
  const auto refuse = [&](std::string_view what) {
    return Fail(Code::kUsage, fmt::format("--output {}: {}", path.string(), what));
  };
  std::error_code error;
  if (fs::is_directory(path, error)) return refuse("a directory, expected a file");
  const fs::path parent = path.parent_path();
  if (parent.empty() || fs::is_directory(parent, error)) return {};
  return refuse(fmt::format("{} is no directory", parent.string()));
}

Result<Output> Output::Open(const fs::path& path) {
  Output output;
  output.path_ = path;
  if (IsStandardOutput(path)) {
    output.fd_ = UniqueFd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
  } else if (IsWrittenInPlace(path)) {
    output.fd_ = UniqueFd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  } else {
    CARREL_TRY(output.OpenFresh());
  }
  if (!output.fd_) return FailErrno(path.string());
  return output;
}

Status Output::OpenFresh() {
  const fs::path directory = path_.has_parent_path() ? path_.parent_path() : ".";
  temporary_ = directory / fmt::format(".{}.{}.tmp", path_.filename().string(), RandomHex(4));
  if (std::error_code error; fs::exists(kOpenFiles, error)) {
    fd_ = UniqueFd(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0666));
  }
  is_unnamed_ = static_cast<bool>(fd_);
  if (is_unnamed_) return {};
  fd_ = UniqueFd(::open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!fd_) return FailErrno(path_.string());
  return {};
}

Output::~Output() {
  if (fd_ && !temporary_.empty()) ::unlink(temporary_.c_str());
}

Status Output::Keep() {
  if (!temporary_.empty()) {
    if (::fsync(fd_.get()) != 0) return FailErrno(path_.string());
    CARREL_TRY(TakeName());
  }
  fd_.Reset();
  return {};
}

// By way of the temporary one: only a renamed file takes the place of another.
Status Output::TakeName() {
  const std::string unnamed = fmt::format("{}/{}", kOpenFiles, fd_.get());
  if (is_unnamed_ &&
      ::linkat(AT_FDCWD, unnamed.c_str(), AT_FDCWD, temporary_.c_str(), AT_SYMLINK_FOLLOW) != 0) {
    return FailErrno(path_.string());
  }
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) return FailErrno(path_.string());
  return {};
}

}  // namespace carrel::cli
