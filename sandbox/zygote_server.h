// The zygote's side of the process tree, inside carrel-worker:
//
//   helper            new namespaces; waits for init
//    `- init          pid 1 of the zygote's pid namespace; lives as long as the host's lifeline;
//        |            also the closer: holds descriptors whose last close is slow
//        `- zygote    pid 2: minimal root, interpreter warm; forks and reaps, nothing else
//            `- worker  pid 1 of a pid namespace of its own; one report, then gone
//
// Tier::kDegraded has the same processes without the namespaces: each ends with its parent.
//
// The zygote holds no secret and never reads report code.
#pragma once

#include <string>

#include "runtime/base/result.h"
#include "sandbox/confinement.h"
#include "sandbox/places.h"
#include "sandbox/seccomp_filter.h"
#include "sandbox/tier.h"

namespace carrel::sandbox {

// What a worker process runs; implemented by the room that knows the job.
class WorkerProgram {
 public:
  virtual ~WorkerProgram() = default;
  // Tells where things are: in the zygote before Warm, and in a worker of Tier::kDegraded again,
  // with the checkout, before Run.
  virtual void Locate(const Places&) {}
  // In the zygote, once, before any fork. Must leave one thread.
  virtual Status Warm() = 0;
  virtual void BeforeFork() = 0;
  virtual void AfterForkInParent() = 0;
  virtual void AfterForkInChild() = 0;
  // In the child, ahead of any job, with descriptors 0 to 3 in place: whatever can be done before
  // it is known what to run.
  virtual void Park() {}
  // In the confined worker: `socket` speaks sandbox/wire.h and has just carried Ready;
  // `output_fd` is -1 when the job has none. The return value is the exit status.
  virtual int Run(int socket, int output_fd) = 0;
};

struct ServerOptions {
  Tier tier = Tier::kFull;  // as the host asks for it at boot
  // What a system call that is not on the list gets; kLog is for finding out what reports call.
  SeccompMode seccomp = SeccompMode::kEnforce;
  FaultHook fault = nullptr;
};

// Becomes the helper above. Returns the helper's exit status once the tree is gone.
int RunZygote(WorkerProgram& program, int control_fd, int lifeline_fd, ServerOptions options = {});

}  // namespace carrel::sandbox
