// What the sandbox costs: from the decision to run a report to the first line of its code, with a
// parked worker and with a fork, against the start of other processes and sandboxes; a kill until
// the worker is reaped; the same start beside reports that never stop computing; memory. Prints
// medians, p95 and ratios to the peers marked by --base; asserts nothing.
//
//   sandbox_bench --worker FILE --packages DIR --store DIR [--runs N]
//                 [--part starts|neighbours|memory] [--base NAME COMMAND]... [--peer NAME
//                 COMMAND]...
//
// The store holds `noop/` with report.py and report.lua, made by sandbox.py beside this file.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <latch>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tests/bench/noop_report.h"
#include "tests/bench/peer_process.h"
#include "tests/bench/process_memory.h"

namespace {

using carrel::bench::AwaitParked;
using carrel::bench::Die;
using carrel::bench::Milliseconds;
using carrel::bench::Quantile;
using carrel::bench::RunNoop;
using carrel::bench::SteadyClock;
using carrel::report::WorkerPool;
using carrel::report::WorkerPoolOptions;

constexpr int kSettleMs = 40;  // longer than a parked worker waits before it rehearses
constexpr int kPeerEvery = 4;  // peers are slower by far and steadier

struct Options {
  WorkerPoolOptions pool;
  int runs = 200;
  std::string part;                        // the only one; empty: all
  std::vector<carrel::bench::Peer> peers;  // the bases first
  size_t bases = 0;
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
    } else if (option == "--part") {
      options.part = value;
    } else if ((option == "--peer" || option == "--base") && i < argc) {
      const bool is_base = option == "--base";
      const auto at = is_base ? options.peers.begin() + static_cast<ptrdiff_t>(options.bases)
                              : options.peers.end();
      options.peers.insert(at, {value, argv[i++]});
      options.bases += is_base ? 1 : 0;
    } else {
      Die("unknown option " + option);
    }
  }
  return options;
}

WorkerPoolOptions WithSpares(WorkerPoolOptions pool, int spares) {
  pool.spares = spares;
  return pool;
}

struct Line {
  std::string name;
  std::vector<double> ms = {};
};

void PrintStarts(const std::vector<Line>& lines, const std::vector<Line>& peers, size_t bases) {
  fmt::print("| start | median ms | p95 ms |");
  for (size_t i = 0; i < bases; ++i) fmt::print(" {} takes × |", peers[i].name);
  fmt::print("\n|---|---|---|");
  for (size_t i = 0; i < bases; ++i) fmt::print("---|");
  fmt::print("\n");
  for (const std::vector<Line>* group : {&lines, &peers}) {
    for (const Line& line : *group) {
      const double median = Quantile(line.ms, 0.5);
      fmt::print("| {} | {:.2f} | {:.2f} |", line.name, median, Quantile(line.ms, 0.95));
      for (size_t i = 0; i < bases; ++i) {
        fmt::print(" {:.2f} |", Quantile(peers[i].ms, 0.5) / median);
      }
      fmt::print("\n");
    }
  }
}

// Interleaved with the peers, so that a slow moment of the machine meets everybody.
void Starts(const Options& options) {
  constexpr int kSpares = 2, kWarmUp = 5;
  WorkerPool spare(WithSpares(options.pool, kSpares)), cold(options.pool);
  struct Ours {
    WorkerPool* pool;
    const char* language;
  };
  const Ours ours[] = {{&spare, "python"}, {&cold, "python"}, {&spare, "lua"}, {&cold, "lua"}};
  std::vector<Line> lines = {{"Python, parked worker: claim to first line"},
                             {"Python, fork: claim to first line"},
                             {"Lua, parked worker: claim to first line"},
                             {"Lua, fork: claim to first line"}};
  std::vector<Line> peers;
  peers.reserve(options.peers.size());
  for (const auto& peer : options.peers) peers.push_back({peer.name});
  for (int run = -kWarmUp; run < options.runs; ++run) {
    for (size_t i = 0; i < lines.size(); ++i) {
      if (ours[i].pool == &spare) AwaitParked(spare, ours[i].language, kSpares, kSettleMs);
      const double ms = RunNoop(*ours[i].pool, ours[i].language).first_line_ms;
      if (run >= 0) lines[i].ms.push_back(ms);
    }
    for (size_t i = 0; i < peers.size() && run % kPeerEvery == 0; ++i) {
      const double ms = carrel::bench::RunPeer(options.peers[i]);
      if (run >= 0) peers[i].ms.push_back(ms);
    }
  }
  PrintStarts(lines, peers, options.bases);
}

// Of a worker that computes, so that the kill has to interrupt it.
std::vector<double> KillToReaped(const Options& options) {
  constexpr int kKills = 50, kComputeMs = 30;
  WorkerPool pool(options.pool);
  carrel::bench::QuietHandler handler;
  std::vector<double> ms;
  for (int i = 0; i < kKills; ++i) {
    std::stop_source stop;
    SteadyClock::time_point asked;
    std::jthread killer([&] {
      ::usleep(kComputeMs * 1000);
      asked = SteadyClock::now();
      stop.request_stop();
    });
    carrel::bench::RunSpinning(pool, "python", handler, stop.get_token());
    const auto reaped = SteadyClock::now();
    killer.join();
    ms.push_back(Milliseconds(reaped - asked));
  }
  return ms;
}

struct Beside {
  std::vector<double> alone, beside;
};

// A report now and then, parked workers ready each time, while others compute without end.
Beside Neighbours(const Options& options, int neighbours) {
  constexpr int kSpares = 2;
  WorkerPool pool(WithSpares(options.pool, kSpares));
  const auto measure = [&] {
    std::vector<double> ms;
    for (int i = 0; i < options.runs; ++i) {
      AwaitParked(pool, "python", 1, kSettleMs);
      ms.push_back(RunNoop(pool, "python").first_line_ms);
    }
    return ms;
  };
  Beside found;
  found.alone = measure();
  std::stop_source stop;
  std::vector<std::jthread> hostile;
  hostile.reserve(static_cast<size_t>(neighbours));
  for (int i = 0; i < neighbours; ++i) {
    hostile.emplace_back([&] {
      carrel::bench::QuietHandler handler;
      carrel::bench::RunSpinning(pool, "python", handler, stop.get_token());
    });
  }
  ::sleep(5);  // they have been at it for a while
  found.beside = measure();
  stop.request_stop();
  return found;
}

void PrintLine(std::string_view name, const std::vector<double>& ms) {
  fmt::print("| {} | {:.2f} | {:.2f} |\n", name, Quantile(ms, 0.5), Quantile(ms, 0.95));
}

void KillsAndNeighbours(const Options& options) {
  constexpr int kNeighbours = 8;
  fmt::print("\n| | median ms | p95 ms |\n|---|---|---|\n");
  PrintLine("kill to reaped, a worker that computes", KillToReaped(options));
  const Beside found = Neighbours(options, kNeighbours);
  PrintLine("Python, parked worker, nothing else runs", found.alone);
  PrintLine(fmt::format("Python, parked worker, beside {} that compute", kNeighbours),
            found.beside);
  fmt::print("| slower beside them × | {:.2f} | {:.2f} |\n",
             Quantile(found.beside, 0.5) / Quantile(found.alone, 0.5),
             Quantile(found.beside, 0.95) / Quantile(found.alone, 0.95));
}

// The report's own code runs once it has printed.
class FirstOutput final : public carrel::bench::QuietHandler {
 public:
  void OnLog(std::string_view) override {
    if (!std::exchange(heard_, true)) started.count_down();
  }
  std::latch started{1};

 private:
  bool heard_ = false;
};

void PrintMemory(std::string_view name, pid_t process) {
  const auto memory = process > 0 ? carrel::bench::MemoryOf(process) : std::nullopt;
  if (!memory) {
    fmt::print("| {} | not readable without root | | |\n", name);
    return;
  }
  fmt::print("| {} | {:.1f} | {:.1f} | {:.1f} |\n", name, memory->resident_mb,
             memory->proportional_mb, memory->private_mb);
}

void Memory(const Options& options) {
  // This process, the helper that entered the namespaces, their process 1, the zygote, a worker.
  constexpr int kZygoteDepth = 3, kWorkerDepth = 4;
  fmt::print("\n| memory | resident MB | proportional MB | private MB |\n|---|---|---|---|\n");
  for (const char* language : {"python", "lua"}) {
    WorkerPool pool(options.pool);
    RunNoop(pool, language);
    PrintMemory(fmt::format("{} zygote, no worker", language),
                carrel::bench::DescendantAt(kZygoteDepth));
    std::stop_source stop;
    FirstOutput handler;
    const std::jthread session(
        [&] { carrel::bench::RunSpinning(pool, language, handler, stop.get_token()); });
    handler.started.wait();
    PrintMemory(fmt::format("{} worker inside a report", language),
                carrel::bench::DescendantAt(kWorkerDepth));
    stop.request_stop();
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = Parse(argc, argv);
  const auto wants = [&](std::string_view part) {
    return options.part.empty() || options.part == part;
  };
  if (wants("starts")) Starts(options);
  if (wants("neighbours")) KillsAndNeighbours(options);
  if (wants("memory")) Memory(options);
  return 0;
}
