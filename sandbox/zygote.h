// The host's handle on one zygote and the workers it forks.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"
#include "sandbox/cgroup.h"
#include "sandbox/root.h"
#include "sandbox/spares.h"
#include "sandbox/tier.h"
#include "sandbox/worker_process.h"

namespace carrel::sandbox {

// The identity that a root host's workers have outside their namespaces: no account, no file. In
// Tier::kRoot each worker has one of its own, counted up from here.
inline constexpr unsigned kRootHostWorkerId = 993'000;
inline constexpr unsigned kRootHostWorkerIds = 4096;

// Whether a zygote may start where namespaces cannot be had: see Tier::kDegraded.
enum class DegradedTier : uint8_t { kRefused, kAllowed };

struct ZygoteOptions {
  std::string program;                 // carrel-worker
  std::vector<std::string> arguments;  // {"--language", "python"}
  RootSpec root;
  int boot_timeout_s = 30;
  int spares = 0;                 // workers parked ahead of need
  CgroupPool* cgroups = nullptr;  // outlives the zygote; null: none
  DegradedTier degraded = DegradedTier::kRefused;
};

// Thread-safe. The destructor ends every worker and the zygote, and reaps.
class Zygote {
 public:
  // In the most complete tier that this machine offers. kSandbox with the step that failed and the
  // way to mend it when it offers none.
  static Result<std::unique_ptr<Zygote>> Start(const ZygoteOptions& options);
  ~Zygote();
  Zygote(const Zygote&) = delete;
  Zygote& operator=(const Zygote&) = delete;

  // A parked worker, or a new one. kSandbox when the fork failed or the zygote is gone.
  Result<WorkerProcess> Take() { return spares_.Take(); }

  // See Spares.
  void Refill() { spares_.Refill(); }

  // Waits until the worker has been reaped; nothing when it has not after `timeout_ms`, kSandbox
  // when the zygote died (which takes its workers with it).
  Result<std::optional<WorkerExit>> WaitExit(int64_t worker_id, int timeout_ms);

  bool alive() const;
  const Layers& layers() const { return layers_; }
  int parked() const { return spares_.parked(); }

 private:
  Zygote(const ZygoteOptions& options, pid_t helper, UniqueFd control, UniqueFd lifeline);
  static Result<std::unique_ptr<Zygote>> StartIn(Tier tier, const ZygoteOptions& options);
  Status Boot(const ZygoteOptions& options);
  Result<WorkerProcess> Fork();
  void ReadEvents();
  Status TryReadEvents();
  void MarkDead(std::string reason);

  // Constant after construction.
  const pid_t helper_;
  const UniqueFd control_;
  UniqueFd lifeline_;
  CgroupPool* const cgroups_;
  Layers layers_;
  std::thread reader_;

  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool dead_ = false;
  std::string death_;
  int64_t next_id_ = 1;
  struct Spawned {
    UniqueFd pidfd;
    std::string refusal;
  };
  std::map<int64_t, Spawned> spawned_;
  std::map<int64_t, WorkerExit> exits_;

  Spares spares_;  // last: parked workers go before the zygote
};

}  // namespace carrel::sandbox
