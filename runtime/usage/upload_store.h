// The spreadsheets of usage files, as they were sent: one directory a file below DATA/usage. A
// stored name is complete from the moment it exists.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"
#include "runtime/usage/file_rows.h"

namespace carrel::usage {

// Told of bytes received.
using UploadProgress = std::function<void(int64_t bytes)>;

// Thread-safe.
class UploadStore {
 public:
  explicit UploadStore(std::filesystem::path root) : root_(std::move(root)) {}

  // Copies what `fd` has from its position on: written under a temporary name, synced, renamed,
  // the directory synced. kLimit beyond `max_bytes`, kInvalid when there is nothing.
  Result<StoredUpload> Store(std::string_view file_id, std::string_view name, int fd,
                             int64_t max_bytes, const UploadProgress& progress) const;

  std::filesystem::path PathOf(std::string_view file_id, std::string_view stored) const;
  Result<UniqueFd> Open(std::string_view file_id, std::string_view stored) const;

  // Where files without a name may lie; made if it is not there.
  Result<std::filesystem::path> ScratchDirectory() const;

  // Everything of the file but `kept`.
  Status Keep(std::string_view file_id, const std::set<std::string>& kept) const;

  // Takes all of the file out of sight, to be removed for good by Purge or brought back by Restore.
  Status Discard(std::string_view file_id) const;
  Status Restore(std::string_view file_id) const;
  Status Purge(std::string_view file_id) const;
  // The ids that were discarded and neither purged nor restored.
  Result<std::vector<std::string>> Discarded() const;

 private:
  const std::filesystem::path root_;
};

}  // namespace carrel::usage
