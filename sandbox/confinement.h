// What a worker gives up before it reads a byte of report code, step by step and in this order.
// Runs in the forked child of a zygote; each step that fails ends the worker.
#pragma once

#include <cstdint>
#include <string>

#include "sandbox/limits.h"

namespace carrel::sandbox {

// Paths of the sandbox's root, the same for every worker.
inline constexpr const char* kStoreMount = "/store";  // gone before report code is read
inline constexpr const char* kCheckoutMount = "/plugin";
inline constexpr const char* kTmpMount = "/tmp";

struct StepFailure {
  const char* step = nullptr;  // nullptr: every step succeeded
  int error_number = 0;
};

// Own mount, IPC, UTS and cgroup namespaces, the host name "report". Before any job is known.
StepFailure EnterNamespaces();

// Mounts `subtree` of the store (relative, no "..") read-only at /plugin, drops the store, mounts
// a private /tmp, then gives up: privileges by a second user namespace without a mapping, resource
// limits, bounding set, no_new_privs, dumpable, seccomp last.
StepFailure Confine(const std::string& subtree, const Limits& limits);

}  // namespace carrel::sandbox
