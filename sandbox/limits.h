// What one worker may use. Each limit that is enforced ends the worker with its own verdict.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/base/json.h"
#include "runtime/base/result.h"

namespace carrel::sandbox {

struct Limits {
  int64_t wall_s = 300;      // from the job to the outcome
  int64_t idle_s = 60;       // without a row, a call or progress
  int64_t cpu_s = 120;       // RLIMIT_CPU
  int64_t memory_mb = 512;   // control group, or resident size; RLIMIT_AS is kAddressSlackMb above
  int64_t output_mb = 2048;  // RLIMIT_FSIZE: the output file, and any file in /tmp
  int64_t tmp_mb = 64;       // size of the private /tmp
  int64_t threads = 32;      // RLIMIT_NPROC in the worker's own user namespace
  int64_t files = 64;        // RLIMIT_NOFILE
  int64_t log_kb = 1024;     // stdout and stderr kept; the rest is counted and dropped
  int64_t calls = 10000;     // requests to the host
  int64_t frame_kb = 16384;  // one message to the host: a request with its body
  int64_t call_s = 600;      // one request, with its waits and retries
  int64_t reply_kb = 10240;  // the body of one answer, inflated
  int64_t received_mb = 1024;  // answers of the whole run
  int64_t sent_mb = 256;       // requests of the whole run
};

// Address space an idle worker has mapped already: interpreter, libraries, arenas, thread stacks.
inline constexpr int64_t kAddressSlackMb = 1024;

// One row per limit: its name on the command line and in reports.json, and where it lives.
struct LimitRow {
  const char* name;
  int64_t Limits::* field;
  int64_t minimum;
  const char* meaning;
};

inline constexpr LimitRow kLimitRows[] = {
    {"wall_s", &Limits::wall_s, 1, "seconds from start to end"},
    {"idle_s", &Limits::idle_s, 1, "seconds without a row, a call or progress"},
    {"cpu_s", &Limits::cpu_s, 1, "seconds of processor time"},
    {"memory_mb", &Limits::memory_mb, 16, "MiB of memory"},
    {"output_mb", &Limits::output_mb, 1, "MiB of output"},
    {"tmp_mb", &Limits::tmp_mb, 1, "MiB of temporary files"},
    {"threads", &Limits::threads, 1, "threads"},
    {"files", &Limits::files, 16, "open files"},
    {"log_kb", &Limits::log_kb, 1, "KiB of log kept"},
    {"calls", &Limits::calls, 0, "requests to the API"},
    {"frame_kb", &Limits::frame_kb, 64, "KiB of one request"},
    {"call_s", &Limits::call_s, 1, "seconds of one request"},
    {"reply_kb", &Limits::reply_kb, 1, "KiB of one answer"},
    {"received_mb", &Limits::received_mb, 1, "MiB of all answers"},
    {"sent_mb", &Limits::sent_mb, 1, "MiB of all requests"},
};

// Of every limit, so that its bytes and nanoseconds are numbers of 64 bits.
inline constexpr int64_t kHighestLimit = 1'000'000'000;

// The lower of each: a report may only lower what the host grants.
Limits Lowered(Limits host, const Limits& report);
// kInvalid for an unknown name (with the near miss), a value below the minimum or above the
// maximum.
Status SetLimit(Limits& limits, std::string_view name, int64_t value);
Json ToJson(const Limits& limits);
// Every known name that is present and a whole number; others keep their value.
Limits LimitsFromJson(const Json& object, Limits base);

}  // namespace carrel::sandbox
