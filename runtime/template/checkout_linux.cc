#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "runtime/base/text.h"
#include "runtime/template/checkout.h"

namespace carrel::manifest {
namespace {

constexpr size_t kMaxPath = 1024;
constexpr size_t kMaxSiblings = 1000;

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

// .git, .GIT, ".git." and ".git " (Windows drops the tail), git~1 (the short name).
bool NamesGit(std::string_view part) {
  while (part.ends_with('.') || part.ends_with(' ')) part.remove_suffix(1);
  const std::string lower = Lower(part);
  return lower == ".git" || lower == "git~1";
}

int OpenBeneath(int root, const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<__u64>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  while (true) {
    const long fd = ::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how);
    if (fd >= 0 || (errno != EINTR && errno != EAGAIN)) return static_cast<int>(fd);
  }
}

FileProblem ProblemOf(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
      return FileProblem::kMissing;
    case ELOOP:
      return FileProblem::kSymlink;
    case EXDEV:
      return FileProblem::kOutside;
    case ENXIO:
      return FileProblem::kNotRegular;  // a socket, or a FIFO without a peer
    default:
      return FileProblem::kUnreadable;
  }
}

}  // namespace

std::optional<std::string> PathProblem(std::string_view path) {
  if (path.empty()) return "is empty";
  if (path.size() > kMaxPath) return fmt::format("is longer than {} bytes", kMaxPath);
  if (path.find("://") != std::string_view::npos) return "is a URL, not a path in the repository";
  if (path.front() == '/') return "is absolute";
  if (path.find('\\') != std::string_view::npos) return "has a backslash; use '/'";
  if (std::ranges::any_of(
          path, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; })) {
    return "has a control character";
  }
  int depth = 0;
  for (const std::string& part : Split(path, '/')) {
    if (part.empty() || part == ".") continue;
    depth += part == ".." ? -1 : 1;
    if (depth < 0) return "leaves the repository";
    if (NamesGit(part)) return "names the git directory";
  }
  if (depth == 0) return "is a directory";
  return std::nullopt;
}

std::string_view FileProblemText(FileProblem problem) {
  switch (problem) {
    case FileProblem::kMissing:
      return "not found";
    case FileProblem::kSymlink:
      return "reached through a symbolic link";
    case FileProblem::kOutside:
      return "outside the repository";
    case FileProblem::kNotRegular:
      return "not a regular file";
    case FileProblem::kTooLarge:
      return "too large";
    case FileProblem::kUnreadable:
      return "not readable";
  }
  return "not usable";
}

Result<Checkout> Checkout::Open(const std::filesystem::path& path) {
  UniqueFd root(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) return FailErrno(path.string());
  UniqueFd probe(OpenBeneath(root.get(), ".", O_RDONLY | O_DIRECTORY));
  if (!probe) return FailErrno(fmt::format("{}: openat2", path.string()));
  return Checkout(path, std::move(root));
}

std::expected<UniqueFd, FileProblem> Checkout::OpenFile(const std::string& path,
                                                        size_t max_bytes) const {
  if (PathProblem(path)) return std::unexpected(FileProblem::kOutside);
  // O_PATH first: opening a FIFO or a device can block or have effects
  UniqueFd found(OpenBeneath(root_.get(), path, O_PATH));
  if (!found) return std::unexpected(ProblemOf(errno));
  struct stat before{};
  if (::fstat(found.get(), &before) != 0) return std::unexpected(FileProblem::kUnreadable);
  if (!S_ISREG(before.st_mode)) return std::unexpected(FileProblem::kNotRegular);
  if (static_cast<unsigned long long>(before.st_size) > max_bytes) {
    return std::unexpected(FileProblem::kTooLarge);
  }
  UniqueFd file(OpenBeneath(root_.get(), path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  if (!file) return std::unexpected(ProblemOf(errno));
  struct stat after{};
  if (::fstat(file.get(), &after) != 0) return std::unexpected(FileProblem::kUnreadable);
  if (after.st_dev != before.st_dev || after.st_ino != before.st_ino) {
    return std::unexpected(FileProblem::kUnreadable);  // swapped in between
  }
  return file;
}

std::expected<std::string, FileProblem> Checkout::ReadFile(const std::string& path,
                                                           size_t max_bytes) const {
  auto file = OpenFile(path, max_bytes);
  if (!file) return std::unexpected(file.error());
  std::string out;
  char buffer[1 << 14];
  while (true) {
    const ssize_t n = ::read(file->get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(FileProblem::kUnreadable);
    if (n == 0) return out;
    out.append(buffer, static_cast<size_t>(n));
    if (out.size() > max_bytes) return std::unexpected(FileProblem::kTooLarge);  // it grew
  }
}

std::vector<std::string> Checkout::Siblings(const std::string& path) const {
  std::vector<std::string> names;
  if (PathProblem(path)) return names;
  const size_t slash = path.rfind('/');
  const std::string parent = slash == std::string::npos ? "." : path.substr(0, slash);
  UniqueFd directory(OpenBeneath(root_.get(), parent, O_RDONLY | O_DIRECTORY));
  if (!directory) return names;
  const auto close = [](DIR* dir) { ::closedir(dir); };
  const std::unique_ptr<DIR, decltype(close)> stream(::fdopendir(directory.get()), close);
  if (!stream) return names;
  (void)directory.Release();  // the stream owns it now
  while (names.size() < kMaxSiblings) {
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) break;
    if (entry->d_type == DT_REG || entry->d_type == DT_DIR) names.emplace_back(entry->d_name);
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace carrel::manifest
