// Tells that a process lives by a lock that the kernel drops with it: after a reboot, and across
// containers whose process ids mean nothing to each other.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"

namespace carrel::report {

// A lock file for each host id below one directory that all hosts of a store share.
class HostLocks {
 public:
  explicit HostLocks(std::filesystem::path directory) : directory_(std::move(directory)) {}
  // Gives the lock up.
  ~HostLocks();
  HostLocks(const HostLocks&) = delete;
  HostLocks& operator=(const HostLocks&) = delete;

  // Once; removes what hosts that are gone have left.
  Status Hold(std::string_view host_id);
  // Whether its process lives. One that never held a lock does not.
  bool IsHeld(std::string_view host_id) const;

 private:
  std::filesystem::path PathOf(std::string_view host_id) const;

  const std::filesystem::path directory_;
  std::filesystem::path own_;
  UniqueFd lock_;
};

}  // namespace carrel::report
