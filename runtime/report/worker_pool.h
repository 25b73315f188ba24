// Warm zygotes, one a language: started when first needed, replaced when they have served long or
// have died, with workers parked ahead of need.
#pragma once

#include <chrono>
#include <filesystem>
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
  int spares = 0;                         // workers parked ahead of need, a language
  // Workers of one zygote share its address layout and hash seed: after so many, or so long, they
  // come from a new one.
  int recycle_after_workers = 10'000;
  std::chrono::seconds recycle_after{3600};
};

// Thread-safe. The destructor ends every worker.
class WorkerPool {
 public:
  explicit WorkerPool(WorkerPoolOptions options) : options_(std::move(options)) {}

  // kSandbox with the missing layer when this machine cannot run reports, and while a zygote that
  // keeps dying waits for its next start. The zygote stays valid for as long as the caller holds
  // it, even when a newer one takes its place.
  Result<std::shared_ptr<sandbox::Zygote>> Get(std::string_view language);

  // `path` relative to the store; kInvalid when it lies elsewhere.
  Result<std::string> Subtree(const std::filesystem::path& path) const;

  // Opened at the first use.
  const sandbox::CgroupPool& cgroups();

 private:
  using Clock = std::chrono::steady_clock;
  using ZygotePtr = std::shared_ptr<sandbox::Zygote>;

  // One language. Its mutex is held while its zygote starts; the others go on.
  struct Slot {
    std::mutex mutex;
    ZygotePtr zygote;
    Clock::time_point started;
    int workers = 0;
    int deaths = 0;  // in a row
    Clock::time_point next_start;
    std::jthread recycler;
    bool is_recycling = false;
  };

  Slot& SlotOf(std::string_view language);
  Result<ZygotePtr> Start(std::string_view language);
  static void Install(Slot& slot, ZygotePtr zygote);
  bool IsDue(const Slot& slot) const;
  void Recycle(Slot& slot, const std::string& language);
  static Status NoteDeath(Slot& slot, std::string_view language);

  const WorkerPoolOptions options_;
  std::once_flag cgroups_once_;
  std::unique_ptr<sandbox::CgroupPool> cgroups_;  // outlives the zygotes
  // Guards the map only; a slot never moves.
  std::mutex mutex_;
  // A zygote is shared with the sessions that run in it: a dead one is replaced while they end.
  std::map<std::string, Slot, std::less<>> slots_;
};

}  // namespace carrel::report
