// What the sandbox costs: from the decision to run a report to the first line of its code, with a
// parked worker and with a fork, against the start of other processes and sandboxes; reports a
// second; a kill until the worker is reaped; memory. Prints medians and p95; asserts nothing.
//
//   sandbox_bench --worker FILE --packages DIR --store DIR [--runs N] [--peer NAME COMMAND]...
//
// The store holds `noop/` with report.py and report.lua, made by sandbox.py beside this file.
#include <fcntl.h>
#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "runtime/base/json.h"
#include "runtime/base/unique_fd.h"
#include "runtime/report/worker_pool.h"
#include "sandbox/session.h"
#include "tests/bench/peer_process.h"

namespace {

using carrel::Json;
using carrel::bench::Die;
using carrel::bench::Milliseconds;
using carrel::bench::Quantile;
using carrel::bench::SteadyClock;
using carrel::report::WorkerPool;
using carrel::report::WorkerPoolOptions;

class Quiet final : public carrel::sandbox::SessionHandler {
 public:
  Answer OnCall(const Json&, std::string_view, std::stop_token) override { return {}; }
  void OnProgress(const Json&) override {}
  void OnLog(std::string_view) override {}
};

int64_t MonotonicNs() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

Json JobOf(std::string_view act) {
  return {
      {"kind", "report"},   {"entrypoint", fmt::format("report.{}", act)},
      {"spec", "1"},        {"renderer", {{"type", "csv"}, {"template", ""}, {"args", nullptr}}},
      {"parameters", "{}"}, {"info", Json::object()}};
}

carrel::sandbox::Zygote& ZygoteOf(WorkerPool& pool, const std::string& language) {
  const auto zygote = pool.Get(language);
  if (!zygote) Die(zygote.error().message);
  return **zygote;  // the pool keeps it for the length of a benchmark
}

struct Run {
  double first_line_ms = 0;  // Python: as its own clock saw it; Lua: until its outcome arrived
  double whole_ms = 0;
};

// One report, from the pool to its end.
Run RunOne(WorkerPool& pool, const std::string& language, std::string_view act = "generate") {
  const carrel::UniqueFd output(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  Quiet handler;
  const int64_t claimed = MonotonicNs();
  carrel::sandbox::Zygote& zygote = ZygoteOf(pool, language);
  const carrel::sandbox::SessionJob session{
      .subtree = "noop", .output_fd = output.get(), .job = JobOf(act)};
  const auto outcome = RunSession(zygote, session, handler, {});
  const int64_t ended = MonotonicNs();
  if (outcome.payload.value("status", "") != "ok") {
    Die(fmt::format("{}: {} {} {}", language, outcome.reason, outcome.payload.dump(), outcome.log));
  }
  Run run{.whole_ms = static_cast<double>(ended - claimed) / 1e6};
  char text[64] = {};
  const ssize_t n = ::pread(output.get(), text, sizeof text - 1, 0);
  int64_t stamp = 0;
  if (n > 1) std::from_chars(text + 1, text + n, stamp);  // the cell is quoted
  run.first_line_ms = stamp > 0 ? static_cast<double>(stamp - claimed) / 1e6 : run.whole_ms;
  return run;
}

void AwaitParked(WorkerPool& pool, const std::string& language, int wanted) {
  const carrel::sandbox::Zygote& zygote = ZygoteOf(pool, language);
  while (zygote.parked() < wanted) ::usleep(500);
  ::usleep(3000);  // the newest one gets to its socket
}

void PrintLine(std::string_view name, const std::vector<double>& ms) {
  fmt::print("| {} | {:.2f} | {:.2f} |\n", name, Quantile(ms, 0.5), Quantile(ms, 0.95));
}

struct Options {
  WorkerPoolOptions pool;
  int runs = 200;
  std::vector<carrel::bench::Peer> peers;
};

Options Parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc;) {
    const std::string option = argv[i++];
    if (i >= argc) Die(option + " lacks its value");
    const std::string value = argv[i++];
    if (option == "--worker") {
      options.pool.worker = value;
    } else if (option == "--packages") {
      options.pool.python_packages = value;
    } else if (option == "--store") {
      options.pool.store = value;
    } else if (option == "--runs") {
      options.runs = std::atoi(value.c_str());
    } else if (option == "--peer" && i < argc) {
      options.peers.push_back({value, argv[i++]});
    } else {
      Die("unknown option " + option);
    }
  }
  return options;
}

// Interleaved with the peers, so that a slow moment of the machine meets everybody.
void Starts(const Options& options) {
  WorkerPoolOptions with_spares = options.pool;
  with_spares.spares = 2;
  WorkerPool spare(with_spares), cold(options.pool);
  struct Ours {
    const char* name;
    WorkerPool* pool;
    const char* language;
    std::vector<double> ms = {};
  };
  Ours ours[] = {{"Python, parked worker: claim to first line", &spare, "python"},
                 {"Python, fork: claim to first line", &cold, "python"},
                 {"Lua, parked worker: claim to the report's end", &spare, "lua"},
                 {"Lua, fork: claim to the report's end", &cold, "lua"}};
  std::vector<std::vector<double>> peers(options.peers.size());
  for (int run = -5; run < options.runs; ++run) {
    for (Ours& line : ours) {
      if (line.pool == &spare) AwaitParked(spare, line.language, with_spares.spares);
      const Run one = RunOne(*line.pool, line.language);
      if (run >= 0) line.ms.push_back(one.first_line_ms);
    }
    for (size_t i = 0; i < peers.size() && run % 4 == 0; ++i) {
      const double ms = carrel::bench::RunPeer(options.peers[i]);
      if (run >= 0) peers[i].push_back(ms);
    }
  }
  fmt::print("| start | median ms | p95 ms |\n|---|---|---|\n");
  for (const Ours& line : ours) PrintLine(line.name, line.ms);
  for (size_t i = 0; i < peers.size(); ++i) PrintLine(options.peers[i].name, peers[i]);
}

void Throughput(const Options& options) {
  constexpr int kReports = 3000;
  for (const char* language : {"python", "lua"}) {
    WorkerPoolOptions with_spares = options.pool;
    with_spares.spares = 4;
    WorkerPool pool(with_spares);
    RunOne(pool, language);
    std::atomic<int> left = kReports;
    const auto start = SteadyClock::now();
    {
      std::vector<std::jthread> threads;
      for (unsigned i = 0; i < 2 * std::max(1U, std::thread::hardware_concurrency()); ++i) {
        threads.emplace_back([&] {
          while (left.fetch_sub(1) > 0) RunOne(pool, language);
        });
      }
    }
    const double s = Milliseconds(SteadyClock::now() - start) / 1000;
    fmt::print("no-op {} reports, without the store: {:.0f} a second\n", language, kReports / s);
  }
}

void KillToReaped(const Options& options) {
  WorkerPool pool(options.pool);
  std::vector<double> ms;
  for (int i = 0; i < 50; ++i) {
    carrel::sandbox::Zygote& zygote = ZygoteOf(pool, "python");
    const carrel::sandbox::SessionJob session{.subtree = "noop", .job = JobOf("spin")};
    Quiet handler;
    std::stop_source stop;
    SteadyClock::time_point asked;
    std::jthread killer([&] {
      ::usleep(30'000);
      asked = SteadyClock::now();
      stop.request_stop();
    });
    RunSession(zygote, session, handler, stop.get_token());
    const auto reaped = SteadyClock::now();
    killer.join();
    ms.push_back(Milliseconds(reaped - asked));
  }
  PrintLine("kill to reaped, a busy worker", ms);
}

void Neighbours(const Options& options) {
  WorkerPoolOptions with_spares = options.pool;
  with_spares.spares = 2;
  WorkerPool pool(with_spares);
  const auto measure = [&] {
    std::vector<double> ms;
    for (int i = 0; i < options.runs; ++i) {
      AwaitParked(pool, "python", 1);
      ms.push_back(RunOne(pool, "python").first_line_ms);
    }
    return ms;
  };
  const auto alone = measure();
  std::stop_source stop;
  std::vector<std::jthread> hostile;
  for (int i = 0; i < 8; ++i) {
    hostile.emplace_back([&] {
      carrel::sandbox::Zygote& zygote = ZygoteOf(pool, "python");
      const carrel::sandbox::SessionJob session{.subtree = "noop", .job = JobOf("spin")};
      Quiet handler;
      RunSession(zygote, session, handler, stop.get_token());
    });
  }
  ::usleep(200'000);
  const auto beside = measure();
  stop.request_stop();
  hostile.clear();
  PrintLine("parked worker, alone", alone);
  PrintLine("parked worker, beside 8 that spin", beside);
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = Parse(argc, argv);
  Starts(options);
  KillToReaped(options);
  Neighbours(options);
  Throughput(options);
  return 0;
}
