// A file that a command was asked to write: whole or not at all, however the process ends, and
// never in the place of a device.
#pragma once

#include <filesystem>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"
#include "runtime/cli/console.h"

namespace carrel::cli {

// "-" and the names that the system has for it.
bool IsStandardOutput(const std::filesystem::path& path);

// Asked before any work is done, as what cannot be written is worth none. kUsage for a directory,
// for a file in none, and for standard output where --json needs it. An empty path is fine.
Status CheckOutput(const std::filesystem::path& path, const Console& console);

// What is written until it is whole. A fresh file has no name until then, so that a process that is
// killed leaves nothing; only where the file system knows no such files it has a temporary one.
class Output {
 public:
  static Result<Output> Open(const std::filesystem::path& path);
  Output(Output&& other) noexcept = default;
  Output& operator=(Output&&) = delete;
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  // Without Keep() nothing stays.
  ~Output();

  int fd() const { return fd_.get(); }
  // A fresh file of its own, which can be written anywhere.
  bool is_fresh() const { return !temporary_.empty(); }

  Status Keep();

 private:
  Output() = default;
  Status OpenFresh();
  Status TakeName();

  std::filesystem::path path_;
  std::filesystem::path temporary_;  // of a fresh file, before it has its own
  bool is_unnamed_ = false;          // even that is still to be given
  UniqueFd fd_;
};

}  // namespace carrel::cli
