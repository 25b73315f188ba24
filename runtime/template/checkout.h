// Files of a checked-out repository, opened so that no path it names can lead out of it. The
// checkout is written by strangers: symbolic links, devices, FIFOs and huge files are all refused.
#pragma once

#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"

namespace carrel::manifest {

// Why `path` may not be used as a path inside a repository, judged by its text alone; nullopt when
// it may. Absolute, empty, with a backslash, control character or "://", leading out by "..",
// or naming .git in any spelling that a file system could take for it.
std::optional<std::string> PathProblem(std::string_view path);

enum class FileProblem { kMissing, kSymlink, kOutside, kNotRegular, kTooLarge, kUnreadable };

// "not found", "reached through a symbolic link", ...
std::string_view FileProblemText(FileProblem problem);

// Thread-safe; holds the directory open.
class Checkout {
 public:
  // `path` itself may be a symbolic link: it is the operator's choice.
  static Result<Checkout> Open(const std::filesystem::path& path);

  // A regular file of at most `max_bytes` below the checkout, open for reading.
  std::expected<UniqueFd, FileProblem> OpenFile(const std::string& path, size_t max_bytes) const;
  std::expected<std::string, FileProblem> ReadFile(const std::string& path, size_t max_bytes) const;
  // Names in the directory of `path` (not of links), at most 1000, for near misses.
  std::vector<std::string> Siblings(const std::string& path) const;

  const std::filesystem::path& path() const { return path_; }

 private:
  Checkout(std::filesystem::path path, UniqueFd root)
      : path_(std::move(path)), root_(std::move(root)) {}

  std::filesystem::path path_;
  UniqueFd root_;
};

}  // namespace carrel::manifest
