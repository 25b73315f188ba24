// Warm zygotes, one for each language and one for each environment of packages in use: started when
// first needed, replaced when they have served long or have died, with workers parked ahead of
// need.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "runtime/base/result.h"
#include "sandbox/cgroup.h"
#include "sandbox/zygote.h"

namespace carrel::report {

struct WorkerPoolOptions {
  std::filesystem::path worker;           // carrel-worker
  std::filesystem::path python_packages;  // sdk/python/packages, or where it is installed
  std::filesystem::path store;            // below it lies everything a job may mount
  int spares = 0;                         // workers parked ahead of need, a zygote
  int environments = 4;  // with a zygote of their own; beyond them the least recently used goes
  // Workers of one zygote share its address layout and hash seed: after so many, or so long, they
  // come from a new one.
  int recycle_after_workers = 10'000;
  std::chrono::seconds recycle_after{3600};
  sandbox::DegradedTier degraded = sandbox::DegradedTier::kRefused;
  // Called once, before any report runs, when workers have less than every layer.
  std::function<void()> on_degraded = {};
};

// Thread-safe. The destructor ends every worker.
class WorkerPool {
 public:
  explicit WorkerPool(WorkerPoolOptions options) : options_(std::move(options)) {}

  // kSandbox with the missing layer when this machine cannot run reports, and while a zygote that
  // keeps dying waits for its next start. The zygote stays valid for as long as the caller holds
  // it, even when a newer one takes its place.
  // `environment` is a directory of packages, mounted read-only for its workers; empty: none.
  Result<std::shared_ptr<sandbox::Zygote>> Get(std::string_view language,
                                               const std::filesystem::path& environment = {});

  // `path` relative to the store; kInvalid when it lies elsewhere.
  Result<std::string> Subtree(const std::filesystem::path& path) const;

  // Opened at the first use.
  const sandbox::CgroupPool& cgroups();

 private:
  using Clock = std::chrono::steady_clock;
  using ZygotePtr = std::shared_ptr<sandbox::Zygote>;

  struct Key {
    std::string language;
    std::filesystem::path environment;
    auto operator<=>(const Key&) const = default;
    std::string Name() const;  // for messages
  };

  // A directory that was removed and built again is another one, which an old mount does not show.
  struct FileId {
    uint64_t device = 0;
    uint64_t inode = 0;
    bool operator==(const FileId&) const = default;
  };

  // One key. Its mutex is held while its zygote starts; the others go on.
  struct Slot {
    std::mutex mutex;
    ZygotePtr zygote;
    FileId environment;  // that its zygote has mounted
    Clock::time_point started;
    int workers = 0;
    int deaths = 0;  // in a row
    Clock::time_point next_start;
    std::jthread recycler;
    bool is_recycling = false;
  };

  using SlotPtr = std::shared_ptr<Slot>;

  SlotPtr SlotOf(const Key& key);
  // Takes the slot of the environment that was used longest ago out of the map when they are many.
  SlotPtr EvictLocked();
  Result<ZygotePtr> Start(const Key& key);
  static void Install(Slot& slot, ZygotePtr zygote);
  bool IsDue(const Slot& slot) const;
  void Recycle(Slot& slot, const Key& key);
  static Status NoteDeath(Slot& slot, const Key& key);
  static FileId IdOf(const std::filesystem::path& environment);

  const WorkerPoolOptions options_;
  std::once_flag cgroups_once_, degraded_once_;
  std::unique_ptr<sandbox::CgroupPool> cgroups_;  // outlives the zygotes
  struct Place {
    SlotPtr
        slot;  // owners: the map and the calls that use it; one of an environment can be evicted
    uint64_t used = 0;
  };
  // Guards the map only.
  std::mutex mutex_;
  // A zygote is shared with the sessions that run in it: a dead one is replaced while they end.
  std::map<Key, Place> slots_;
  uint64_t uses_ = 0;
};

}  // namespace carrel::report
