// Files written so that a crash leaves either the old state or the new one.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"

namespace carrel {

// The whole file; kLimit when it is larger than `max_bytes`, kInvalid when it is not a regular
// file (a FIFO or device is never opened blocking).
Result<std::string> ReadFile(const std::filesystem::path& path,
                             size_t max_bytes = size_t{64} << 20);

// Temporary name beside `path`, write, fsync, rename, fsync of the directory.
Status WriteFileAtomic(const std::filesystem::path& path, std::string_view bytes);

Status WriteAll(int fd, std::string_view bytes);
// What `from` has from its position on, appended to what `to` has been written.
Status CopyAll(int from, int to);
// A file in `directory` that has no name, so that nobody finds it and it goes with its descriptor.
Result<UniqueFd> OpenUnnamed(const std::filesystem::path& directory);
Status SyncDirectory(const std::filesystem::path& directory);
Status MakeDirectories(const std::filesystem::path& path);

// A directory that is removed with all it holds when this goes out of scope, read-only parts
// included.
class TempDir {
 public:
  static Result<TempDir> Create(const std::filesystem::path& parent, std::string_view prefix);
  TempDir(TempDir&& other) noexcept;
  TempDir& operator=(TempDir&& other) noexcept;
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir();
  const std::filesystem::path& path() const { return path_; }
  // The directory stays; the caller owns it now.
  std::filesystem::path Release();

 private:
  explicit TempDir(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

// Removes a tree, making read-only directories writable first. Absent is fine.
Status RemoveTree(const std::filesystem::path& path);

}  // namespace carrel
