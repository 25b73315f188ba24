// The report that does nothing, run to its end in a real worker: what the sandbox's figures are
// taken with. Its sources are made by sandbox.py.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>

#include "runtime/report/worker_pool.h"
#include "sandbox/session.h"

namespace carrel::bench {

int64_t MonotonicNs();

// The zygote of a language; dies when it does not start. The pool keeps it.
sandbox::Zygote& ZygoteOf(report::WorkerPool& pool, const std::string& language);

// Waits until so many workers are parked, and a little longer: the newest gets to its socket.
void AwaitParked(report::WorkerPool& pool, const std::string& language, int wanted, int settle_ms);

struct NoopRun {
  // Python: by its own clock; Lua, which has none as fine: when the host heard what it printed
  double first_line_ms = 0;
};

// `report.generate`, from the pool to its end; dies when it fails.
NoopRun RunNoop(report::WorkerPool& pool, const std::string& language);

// `report.spin`, which never ends by itself, until `stop`. `handler` may be told of its output.
void RunSpinning(report::WorkerPool& pool, const std::string& language,
                 sandbox::SessionHandler& handler, const std::stop_token& stop);

// Ignores what a worker says.
class QuietHandler : public sandbox::SessionHandler {
 public:
  Answer OnCall(const Json&, std::string_view, std::stop_token) override { return {}; }
  void OnProgress(const Json&) override {}
  void OnLog(std::string_view) override {}
};

}  // namespace carrel::bench
