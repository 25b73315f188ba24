// Runs one job in one worker: the host's side of the protocol, the clocks and the kill.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "sandbox/limits.h"
#include "sandbox/outcome.h"
#include "sandbox/wire.h"
#include "sandbox/zygote.h"

namespace carrel::sandbox {

// What the host does with what a worker sends. OnCall comes from other threads than the rest.
class SessionHandler {
 public:
  virtual ~SessionHandler() = default;
  // An answer as an encoded envelope body: header (without id) and bytes. Must return soon after
  // `stop` is requested.
  struct Answer {
    Json header;
    std::string body;
  };
  virtual Answer OnCall(const Json& header, std::string_view body, std::stop_token stop) = 0;
  virtual void OnProgress(const Json& progress) = 0;
  // A piece of stdout or stderr, as it came.
  virtual void OnLog(std::string_view bytes) = 0;
};

struct SessionJob {
  std::string subtree = {};  // below the store; empty: none
  int output_fd = -1;        // -1: none
  Limits limits = {};
  Json job = {};  // the Job frame
  int max_calls_in_flight = 4;
};

// Blocks until the worker is gone and reaped, whatever it does. Never fails: the verdict says it.
WorkerOutcome RunSession(Zygote& zygote, const SessionJob& job, SessionHandler& handler,
                         const std::stop_token& stop);

}  // namespace carrel::sandbox
