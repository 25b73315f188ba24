// Control groups: what a worker's memory and threads are counted against, whoever allocates.
// Version 2 where a subtree can be had, else version 1, else none and the resource limits stand
// alone.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "sandbox/limits.h"

namespace carrel::sandbox {

enum class CgroupVersion : uint8_t { kNone, kV1, kV2 };
std::string_view CgroupVersionName(CgroupVersion version);  // "none", "v1", "v2"

class CgroupPool;

// The group of one worker; goes back to the pool when this goes out of scope. Use from one thread.
class Cgroup {
 public:
  ~Cgroup();
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;

  Status SetLimits(const Limits& limits);
  Status Attach(pid_t pid);
  // Processes of the group that were killed for lack of memory since the pool gave it out.
  int64_t OomKills() const;

 private:
  friend class CgroupPool;
  struct Place {
    std::filesystem::path memory, pids;  // the same directory in version 2
    int64_t memory_mb = 0, threads = 0;  // as last set; 0: not yet
    int64_t oom_kills = 0;               // counted before it was last given out
  };
  Cgroup(CgroupPool& pool, Place place) : pool_(pool), place_(std::move(place)) {}
  int64_t CountOomKills() const;

  CgroupPool& pool_;
  Place place_;
};

// Makes groups and keeps those that were given back. Thread-safe; outlives its groups.
class CgroupPool {
 public:
  // Probes by making a group. Removes what hosts that were killed have left behind. Without a
  // usable hierarchy the version is kNone and `reason` says why.
  static std::unique_ptr<CgroupPool> Open();
  ~CgroupPool();

  CgroupVersion version() const { return version_; }
  const std::string& reason() const { return reason_; }

  // Nothing when the version is kNone.
  Result<std::unique_ptr<Cgroup>> Take();

 private:
  friend class Cgroup;
  struct Hierarchy {
    std::filesystem::path memory, pids;
  };
  CgroupPool() = default;
  Result<Cgroup::Place> Make();
  Status Use(CgroupVersion version, Hierarchy below);
  void GiveBack(Cgroup::Place place);

  // Constant after Open.
  CgroupVersion version_ = CgroupVersion::kNone;
  std::string reason_;
  Hierarchy below_;

  // Guarded by mutex_.
  std::mutex mutex_;
  int64_t next_ = 1;
  std::vector<Cgroup::Place> free_;
};

}  // namespace carrel::sandbox
