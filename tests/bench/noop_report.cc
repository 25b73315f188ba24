#include "tests/bench/noop_report.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include <charconv>

#include "runtime/base/json.h"
#include "runtime/base/unique_fd.h"
#include "tests/bench/peer_process.h"

namespace carrel::bench {
namespace {

Json JobOf(std::string_view function) {
  return {
      {"kind", "report"},   {"entrypoint", fmt::format("report.{}", function)},
      {"spec", "1"},        {"renderer", {{"type", "csv"}, {"template", ""}, {"args", nullptr}}},
      {"parameters", "{}"}, {"info", Json::object()}};
}

// When the report first printed.
class FirstOutput final : public QuietHandler {
 public:
  void OnLog(std::string_view) override {
    if (heard_ns == 0) heard_ns = MonotonicNs();
  }
  int64_t heard_ns = 0;
};

// It computes until it is told to stop, however long that takes.
sandbox::Limits WithoutClocks() {
  constexpr int64_t kHour = 3600;
  sandbox::Limits limits;
  limits.wall_s = limits.idle_s = limits.cpu_s = kHour;
  return limits;
}

}  // namespace

int64_t MonotonicNs() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

sandbox::Zygote& ZygoteOf(report::WorkerPool& pool, const std::string& language) {
  const auto zygote = pool.Get(language);
  if (!zygote) Die(zygote.error().message);
  return **zygote;
}

void AwaitParked(report::WorkerPool& pool, const std::string& language, int wanted, int settle_ms) {
  const sandbox::Zygote& zygote = ZygoteOf(pool, language);
  while (zygote.parked() < wanted) ::usleep(500);
  ::usleep(static_cast<useconds_t>(settle_ms) * 1000);
}

NoopRun RunNoop(report::WorkerPool& pool, const std::string& language) {
  const UniqueFd output(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  FirstOutput handler;
  const int64_t claimed = MonotonicNs();
  sandbox::Zygote& zygote = ZygoteOf(pool, language);
  const sandbox::SessionJob session{
      .subtree = "noop", .output_fd = output.get(), .job = JobOf("generate")};
  const auto outcome = RunSession(zygote, session, handler, {});
  if (JsonString(outcome.payload, "status") != "ok") {
    Die(fmt::format("{}: {} {} {}", language, outcome.reason, outcome.payload.dump(), outcome.log));
  }
  NoopRun run;
  char text[64] = {};
  const ssize_t n = ::pread(output.get(), text, sizeof text - 1, 0);
  int64_t stamp = 0;
  if (n > 1) std::from_chars(text + 1, text + n, stamp);  // the cell is quoted
  if (stamp == 0) stamp = handler.heard_ns;
  if (stamp == 0) Die(fmt::format("{}: the report did not say when it began", language));
  run.first_line_ms = static_cast<double>(stamp - claimed) / 1e6;
  return run;
}

void RunSpinning(report::WorkerPool& pool, const std::string& language,
                 sandbox::SessionHandler& handler, const std::stop_token& stop) {
  const UniqueFd output(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  sandbox::Zygote& zygote = ZygoteOf(pool, language);
  const sandbox::SessionJob session{.subtree = "noop",
                                    .output_fd = output.get(),
                                    .limits = WithoutClocks(),
                                    .job = JobOf("spin")};
  const auto outcome = RunSession(zygote, session, handler, stop);
  if (outcome.verdict != sandbox::Verdict::kCancelled) {
    Die(fmt::format("{}, spinning: {} {}", language, outcome.reason, outcome.payload.dump()));
  }
}

}  // namespace carrel::bench
