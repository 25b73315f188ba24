#include "runtime/report/failure_policy.h"

#include <fmt/format.h>

#include <array>

namespace carrel::report {
namespace {

struct VerdictRow {
  Verdict verdict;
  std::string_view name;
  Consequence custom;  // for a custom template
};

constexpr std::array kVerdictRows = {
    VerdictRow{Verdict::kOk, "ok", Consequence::kNone},
    VerdictRow{Verdict::kPluginError, "plugin_error", Consequence::kNone},  // see kKindRows
    VerdictRow{Verdict::kProtocolViolation, "protocol_violation", Consequence::kBlockTemplate},
    VerdictRow{Verdict::kWallLimit, "wall_limit", Consequence::kNone},
    VerdictRow{Verdict::kIdleLimit, "idle_limit", Consequence::kNone},
    VerdictRow{Verdict::kCpuLimit, "cpu_limit", Consequence::kNone},
    VerdictRow{Verdict::kMemoryLimit, "memory_limit", Consequence::kNone},
    VerdictRow{Verdict::kOutputLimit, "output_limit", Consequence::kNone},
    VerdictRow{Verdict::kCallLimit, "call_limit", Consequence::kNone},
    VerdictRow{Verdict::kFrameLimit, "frame_limit", Consequence::kNone},
    VerdictRow{Verdict::kThreadLimit, "thread_limit", Consequence::kNone},
    VerdictRow{Verdict::kFileLimit, "file_limit", Consequence::kNone},
    VerdictRow{Verdict::kTmpLimit, "tmp_limit", Consequence::kNone},
    VerdictRow{Verdict::kKilledByPolicy, "killed_by_policy", Consequence::kBlockTemplate},
    VerdictRow{Verdict::kCrashed, "crashed", Consequence::kBlockTemplate},
    VerdictRow{Verdict::kSandboxError, "sandbox_error", Consequence::kNone},
};

struct KindRow {
  std::string_view kind;
  Consequence custom;
};

constexpr std::array kKindRows = {
    KindRow{"error", Consequence::kBlockTemplate},
    KindRow{"load", Consequence::kBlockTemplate},
    KindRow{"expected", Consequence::kNone},
    KindRow{"render", Consequence::kNone},
};

// What a limit's note says when the report ran into it by itself, by an exception for example.
struct LimitRow {
  Verdict verdict;
  const char* name;
  int64_t Limits::* field;
  const char* unit;
};

constexpr std::array kLimitRows = {
    LimitRow{Verdict::kMemoryLimit, "memory_mb", &Limits::memory_mb, "MiB of memory"},
    LimitRow{Verdict::kOutputLimit, "output_mb", &Limits::output_mb, "MiB of output"},
    LimitRow{Verdict::kThreadLimit, "threads", &Limits::threads, "threads"},
    LimitRow{Verdict::kFileLimit, "files", &Limits::files, "open files"},
    LimitRow{Verdict::kTmpLimit, "tmp_mb", &Limits::tmp_mb, "MiB of temporary files"},
};

constexpr int kUnauthorized = 401;
constexpr int kForbidden = 403;

std::string WithDetail(const std::string& text, const std::string& detail) {
  return detail.empty() ? text : text + ": " + detail;
}

std::string DescribePluginError(const Outcome& outcome) {
  if (outcome.failure_kind == "load") {
    return WithDetail("the report could not be loaded", outcome.message);
  }
  if (outcome.failure_kind == "api" && outcome.message.empty()) {
    return fmt::format("the api answered with status {}", outcome.api_status);
  }
  return outcome.message.empty() ? "the report failed without a message" : outcome.message;
}

// A host that ended the report has named the limit and its value already.
std::string DescribeLimit(const Outcome& outcome, const Limits& limits) {
  if (outcome.failure_kind.empty() && !outcome.message.empty()) return outcome.message;
  for (const LimitRow& row : kLimitRows) {
    if (row.verdict != outcome.verdict) continue;
    return WithDetail(
        fmt::format("limit {} = {} {} reached", row.name, limits.*row.field, row.unit),
        outcome.message);
  }
  return outcome.message.empty() ? fmt::format("{} reached", Name(outcome.verdict))
                                 : outcome.message;
}

}  // namespace

std::string_view Name(Verdict verdict) {
  for (const VerdictRow& row : kVerdictRows) {
    if (row.verdict == verdict) return row.name;
  }
  return {};
}

std::string DescribeFailure(const Outcome& outcome, const Limits& limits) {
  switch (outcome.verdict) {
    case Verdict::kOk:
      return {};
    case Verdict::kPluginError:
      return DescribePluginError(outcome);
    case Verdict::kProtocolViolation:
      return WithDetail("protocol error", outcome.message);
    case Verdict::kWallLimit:
    case Verdict::kIdleLimit:
    case Verdict::kCpuLimit:
    case Verdict::kMemoryLimit:
    case Verdict::kOutputLimit:
    case Verdict::kCallLimit:
    case Verdict::kFrameLimit:
    case Verdict::kThreadLimit:
    case Verdict::kFileLimit:
    case Verdict::kTmpLimit:
      return DescribeLimit(outcome, limits);
    case Verdict::kKilledByPolicy:
      return WithDetail("the report did what the sandbox forbids", outcome.message);
    case Verdict::kCrashed:
      return WithDetail("the report crashed", outcome.message);
    case Verdict::kSandboxError:
      return WithDetail("the sandbox failed", outcome.message);
  }
  return {};
}

Consequence ConsequenceOf(const Outcome& outcome, Origin origin) {
  if (origin == Origin::kSystem) return Consequence::kNone;
  if (outcome.verdict == Verdict::kPluginError) {
    if (outcome.failure_kind == "api") {
      const bool refused = outcome.api_status == kUnauthorized || outcome.api_status == kForbidden;
      return refused ? Consequence::kBlockTemplate : Consequence::kNone;
    }
    for (const KindRow& row : kKindRows) {
      if (row.kind == outcome.failure_kind) return row.custom;
    }
    return Consequence::kBlockTemplate;
  }
  for (const VerdictRow& row : kVerdictRows) {
    if (row.verdict == outcome.verdict) return row.custom;
  }
  return Consequence::kNone;
}

}  // namespace carrel::report
