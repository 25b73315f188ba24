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
#include "sandbox/root.h"

namespace carrel::sandbox {

// The identity that a root host's workers have outside their namespaces: no account, no file.
inline constexpr unsigned kRootHostWorkerId = 993'000;

struct ZygoteOptions {
  std::string program;                 // carrel-worker
  std::vector<std::string> arguments;  // {"--language", "python"}
  RootSpec root;
  int boot_timeout_s = 30;
};

// How a worker process ended, as the zygote's wait told it.
struct WorkerExit {
  int status = 0;  // as wait(2)
  double cpu_s = 0;
  int64_t max_rss_kb = 0;
};

// A forked worker, parked before confinement, and the host's ends of its channels.
struct WorkerProcess {
  int64_t id = 0;
  UniqueFd socket;  // wire.h
  UniqueFd log;     // stdout and stderr
  UniqueFd pidfd;
};

// Thread-safe. The destructor ends every worker and the zygote, and reaps.
class Zygote {
 public:
  // kSandbox with the step that failed when the machine does not offer what is mandatory.
  static Result<std::unique_ptr<Zygote>> Start(const ZygoteOptions& options);
  ~Zygote();
  Zygote(const Zygote&) = delete;
  Zygote& operator=(const Zygote&) = delete;

  // kSandbox when the fork failed or the zygote is gone.
  Result<WorkerProcess> Spawn();

  // Waits until the worker has been reaped; nothing when it has not after `timeout_ms`, kSandbox
  // when the zygote died (which takes its workers with it).
  Result<std::optional<WorkerExit>> WaitExit(int64_t worker_id, int timeout_ms);

  bool alive() const;

 private:
  Zygote(pid_t helper, UniqueFd control, UniqueFd lifeline);
  Status Boot(const ZygoteOptions& options);
  void ReadEvents();
  void MarkDead(std::string reason);

  // Constant after construction.
  const pid_t helper_;
  const UniqueFd control_;
  UniqueFd lifeline_;
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
};

}  // namespace carrel::sandbox
