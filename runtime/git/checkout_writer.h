// Writes a tree of files so that it is either wholly there, checked and read-only, or not there.
// Both sources of a checkout, a git tree and a plain directory, go through this one door.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"
#include "runtime/git/types.h"

namespace carrel::git {

// Builds in a temporary directory beside the final one and publishes by rename. Names, case
// collisions, counts and sizes are checked here. Dropped without Publish, it removes what it
// wrote; killed, SweepTemporaries does. Not thread-safe; any number of processes may write beside
// each other.
class CheckoutWriter {
 public:
  static Result<CheckoutWriter> Begin(const std::filesystem::path& root,
                                      const ExportLimits& limits);
  CheckoutWriter(CheckoutWriter&&) noexcept;
  CheckoutWriter& operator=(CheckoutWriter&&) = delete;
  ~CheckoutWriter();

  // kInvalid for a name or collision that is not allowed, kLimit for a cap.
  Status EnterDirectory(std::string_view name);
  Status LeaveDirectory();
  // `size` is what the source claims; Append holds the real bytes to the caps too.
  Status BeginFile(std::string_view name, uint64_t size);
  Status Append(std::string_view bytes);
  Status EndFile();

  // The path inside the checkout of an entry `name` of the open directory, for messages.
  std::string PathOf(std::string_view name) const;

  // All on disk, then renamed to `root/address`. When that is there already the new one is dropped.
  Result<Checkout> Publish(const std::string& address) &&;

 private:
  struct Level {
    UniqueFd directory;
    std::string path;
    std::set<std::string> names;  // folded
  };

  CheckoutWriter(std::filesystem::path root, std::filesystem::path temporary, UniqueFd directory,
                 const ExportLimits& limits);
  Status Claim(std::string_view name);

  std::filesystem::path root_;
  std::filesystem::path temporary_;
  UniqueFd lock_;  // the temporary directory, flocked while its writer lives
  ExportLimits limits_;
  std::vector<Level> levels_;
  UniqueFd file_;
  std::string file_path_;
  uint64_t file_bytes_ = 0;
  uint64_t entries_ = 0;
  uint64_t files_ = 0;
  uint64_t bytes_ = 0;
};

// A checkout that is there already, counted and held to `limits`; kNotFound when it is not.
Result<Checkout> FindCheckout(const std::filesystem::path& root, const std::string& address,
                              const ExportLimits& limits);

// A shared lock on the checkout at `path`, which marks it as used now; nullopt when it is gone.
Result<std::optional<UniqueFd>> HoldCheckout(const std::filesystem::path& path);

// Removes a checkout that nobody holds; false when somebody does. Absent is fine.
Result<bool> RemoveCheckout(const std::filesystem::path& root, const std::string& address);

// A fresh directory `.tmp-…` below `root`, and the lock that marks it as in use.
Result<std::pair<std::filesystem::path, UniqueFd>> MakeLockedTemporary(
    const std::filesystem::path& root);

// Removes the temporary directories below `root` whose writer is dead. Returns how many.
Result<int> SweepTemporaries(const std::filesystem::path& root);

}  // namespace carrel::git
