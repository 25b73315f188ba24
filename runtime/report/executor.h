// The seam between the report's life and the sandbox that runs it: a Job goes in, an Outcome comes
// out. The dispatcher knows nothing of processes, an Executor nothing of rows and states.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "runtime/base/clock.h"
#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/report/limits.h"
#include "runtime/report/report_store.h"
#include "runtime/template/manifest.h"

namespace carrel::report {

// One attempt of one report, everything settled.
struct Job {
  std::string report_id;
  std::filesystem::path checkout;     // read-only tree of the repository
  std::filesystem::path environment;  // packages of Environments; empty: none
  manifest::ReportDefinition definition;
  manifest::Renderer renderer;
  OrderedJson parameters;  // id -> value
  Account account;
  int output_fd = -1;  // empty file, open for reading and writing; not owned
  Limits limits;
  Timestamp start_time;
};

enum class Verdict : uint8_t {
  kOk,
  kPluginError,  // failure_kind, message, traceback and api_status say what
  kProtocolViolation,
  kWallLimit,
  kIdleLimit,
  kCpuLimit,
  kMemoryLimit,
  kOutputLimit,
  kCallLimit,
  kFrameLimit,
  kThreadLimit,
  kFileLimit,
  kTmpLimit,
  kKilledByPolicy,  // a system call that no report needs
  kCrashed,
  kSandboxError,  // ours: the sandbox could not be set up, a zygote died
};

// "ok", "plugin_error", ...
std::string_view Name(Verdict verdict);

struct Outcome {
  Verdict verdict = Verdict::kSandboxError;
  // Of what the worker told itself: "error", "expected", "load", "api", "render" with kPluginError;
  // "memory", "output_limit", "threads", "files", "tmp" with the verdict of that limit.
  std::string failure_kind;
  std::string message;  // one line
  std::string traceback;
  int api_status = 0;  // kind "api"
  uint64_t rows = 0;
  uint64_t bytes = 0;  // of the output file, as the worker counted them
  std::string sha256;
  std::string log;  // what the report printed, bounded
  std::string sandbox_tier;
  ResourceUse use;
};

// Told of a run while it goes on. Thread-safe.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void OnProgress(const Progress& progress) = 0;
  virtual void OnLog(std::string_view text) = 0;
};

// Runs jobs, as many at once as it is asked from different threads.
class Executor {
 public:
  virtual ~Executor() = default;
  // Returns when nothing of the job is left running and nobody else holds the output file. An
  // error means that the run says nothing about the report: kCancelled when `stop` was requested,
  // kSandbox and others when it could not be started.
  virtual Result<Outcome> Execute(const Job& job, RunObserver& observer, std::stop_token stop) = 0;
};

}  // namespace carrel::report
