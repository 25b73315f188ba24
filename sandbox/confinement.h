// What a worker gives up before it reads a byte of report code, step by step and in this order.
// Runs in the forked child of a zygote; each step that fails ends the worker.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>

#include "sandbox/limits.h"
#include "sandbox/places.h"
#include "sandbox/tier.h"

namespace carrel::sandbox {

// Paths of the sandbox's root, the same for every worker.
inline constexpr const char* kStoreMount = "/store";  // gone before report code is read
inline constexpr const char* kCheckoutMount = "/plugin";
inline constexpr const char* kTmpMount = "/tmp";

// What the steps need to know.
struct Confinement {
  Tier tier = Tier::kFull;
  std::string subtree;     // of the store, relative, without ".."; empty: /plugin stays empty
  unsigned worker_id = 0;  // Tier::kRoot: the account the worker becomes; never 0
  int closer_fd = -1;      // see RunZygote; for parking only
  pid_t zygote = 0;        // Tier::kDegraded: whose end is the worker's; the other tiers have init
  int64_t tasks = 0;       // Tier::kDegraded: that the worker's user may have besides
  Places places;           // Tier::kDegraded: what can be read, the checkout included
  Limits limits;
};

struct ConfinementStep {
  const char* name;
  int (*take)(const Confinement&);  // 0 or errno
};

// Own mount, IPC, UTS and cgroup namespaces, the host name "report", a hold on the store, which
// init shares, and a private /tmp: before any job is known. Tier::kDegraded: the worker ends with
// its zygote.
std::span<const ConfinementStep> ParkingSteps(Tier tier);
// Mounts the checkout read-only at /plugin, drops the store, gives /tmp its size, then gives up
// privileges, resource limits, capabilities, file system and network by Landlock, and last the
// system calls. Tier::kDegraded: what of it needs no namespace.
std::span<const ConfinementStep> ConfiningSteps(Tier tier);

struct StepFailure {
  const char* step = nullptr;  // nullptr: every step succeeded
  int error_number = 0;
};

// Makes a step fail: the errno it should fail with, or 0. Only tests pass one.
using FaultHook = int (*)(const char* step);

StepFailure TakeSteps(std::span<const ConfinementStep> steps, const Confinement& confinement,
                      FaultHook fault);

}  // namespace carrel::sandbox
