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
  QuietHandler handler;
  const int64_t claimed = MonotonicNs();
  sandbox::Zygote& zygote = ZygoteOf(pool, language);
  const sandbox::SessionJob session{
      .subtree = "noop", .output_fd = output.get(), .job = JobOf("generate")};
  const auto outcome = RunSession(zygote, session, handler, {});
  const int64_t ended = MonotonicNs();
  if (JsonString(outcome.payload, "status") != "ok") {
    Die(fmt::format("{}: {} {} {}", language, outcome.reason, outcome.payload.dump(), outcome.log));
  }
  NoopRun run{.whole_ms = static_cast<double>(ended - claimed) / 1e6};
  char text[64] = {};
  const ssize_t n = ::pread(output.get(), text, sizeof text - 1, 0);
  int64_t stamp = 0;
  if (n > 1) std::from_chars(text + 1, text + n, stamp);  // the cell is quoted
  run.first_line_ms = stamp > 0 ? static_cast<double>(stamp - claimed) / 1e6 : run.whole_ms;
  return run;
}

void RunSpinning(report::WorkerPool& pool, const std::string& language,
                 sandbox::SessionHandler& handler, const std::stop_token& stop) {
  const UniqueFd output(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  sandbox::Zygote& zygote = ZygoteOf(pool, language);
  const sandbox::SessionJob session{
      .subtree = "noop", .output_fd = output.get(), .job = JobOf("spin")};
  const auto outcome = RunSession(zygote, session, handler, stop);
  if (outcome.verdict != sandbox::Verdict::kCancelled) {
    Die(fmt::format("{}, spinning: {} {}", language, outcome.reason, outcome.payload.dump()));
  }
}

}  // namespace carrel::bench
