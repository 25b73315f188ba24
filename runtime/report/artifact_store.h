// The files that reports leave. A crash at any moment leaves either a ready report with its whole
// file or no trace that Sweep does not remove.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"
#include "runtime/report/report_store.h"

namespace carrel::report {

// A result being written.
struct PendingArtifact {
  std::filesystem::path path;
  std::string report_id;
  int attempt = 0;
  UniqueFd fd;  // open for reading and writing
};

struct OpenArtifact {
  UniqueFd fd;  // open for reading, at its start
  uint64_t size = 0;
};

// Layout below its directory: tmp/<report id>.<attempt>.part while a run writes, then
// <last two digits of the id>/<report id>.<attempt><extension>. The attempt is part of the name so
// that a run that lost its lease can never touch the file of the one that took over. Thread-safe;
// any number of processes may share the directory. Every failure of the disk, a full one included,
// reads "storing the result failed: ...".
class ArtifactStore {
 public:
  static Result<ArtifactStore> Create(const std::filesystem::path& directory);

  // A fresh empty file of mode 0600.
  Result<PendingArtifact> Begin(std::string_view report_id, int attempt) const;

  // Reads the file back, and if it has this size and hash makes it durable under its final name,
  // which it returns. kProtocol when it is not the file that the worker said it wrote; the
  // temporary file is gone either way. Nobody else may still hold the descriptor.
  Result<std::string> Publish(PendingArtifact pending, std::string_view extension, uint64_t size,
                              std::string_view sha256) const;

  void Discard(PendingArtifact pending) const;

  // kNotFound when there is no such artifact.
  Result<OpenArtifact> Open(std::string_view artifact) const;
  // Absent is fine.
  Status Delete(std::string_view artifact) const;

  // Removes what belongs to no attempt that runs and to no ready report; the number of files.
  Result<int> Sweep(ReportStore& reports) const;

 private:
  explicit ArtifactStore(std::filesystem::path directory) : directory_(std::move(directory)) {}
  Result<std::filesystem::path> PathOf(std::string_view artifact) const;
  std::filesystem::path directory_;
};

}  // namespace carrel::report
