// From the decision to run a report to its first row, over real workers, side by side with what it
// costs to start the peers' processes. Prints medians and ratios; asserts nothing.
//
//   start_bench --worker FILE --packages DIR --store DIR --runs N
//               --job NAME LANGUAGE SUBTREE JSON ... --peer NAME COMMAND ...
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/files.h"
#include "runtime/base/json.h"
#include "runtime/report/worker_pool.h"
#include "sandbox/session.h"
#include "tests/bench/peer_process.h"

namespace {

using carrel::Json;
using carrel::bench::Die;
using carrel::bench::Milliseconds;
using carrel::bench::Quantile;
using carrel::bench::SteadyClock;

// Notes the moment of the first row.
class FirstRow final : public carrel::sandbox::SessionHandler {
 public:
  Answer OnCall(const Json&, std::string_view, std::stop_token) override {
    return {{{"error", "the benchmark has no API"}}, {}};
  }
  void OnProgress(const Json& progress) override {
    if (!first_ && progress.value("rows", 0) > 0) first_ = SteadyClock::now();
  }
  void OnLog(std::string_view) override {}
  std::optional<SteadyClock::time_point> first() const { return first_; }

 private:
  std::optional<SteadyClock::time_point> first_;
};

struct Line {
  std::string name;
  std::vector<double> first_row;  // milliseconds; for a peer the whole process
  std::vector<double> whole;
};

struct JobSpec {
  std::string name, language, subtree;
  Json job;
};

struct Options {
  carrel::report::WorkerPoolOptions pool;
  int runs = 50;
  std::vector<JobSpec> jobs;
  std::vector<carrel::bench::Peer> peers;
};

Options Parse(int argc, char** argv) {
  Options options;
  options.pool.spares = 1;  // as the program has it
  int i = 1;
  const auto next = [&]() -> std::string {
    if (i >= argc) Die("an option lacks its value");
    return argv[i++];
  };
  while (i < argc) {
    const std::string option = next();
    if (option == "--worker") {
      options.pool.worker = next();
    } else if (option == "--packages") {
      options.pool.python_packages = next();
    } else if (option == "--store") {
      options.pool.store = next();
    } else if (option == "--runs") {
      options.runs = std::atoi(next().c_str());
    } else if (option == "--job") {
      JobSpec spec{next(), next(), next(), {}};
      spec.job = carrel::ParseJson(next()).value_or(Json());
      options.jobs.push_back(std::move(spec));
    } else if (option == "--peer") {
      options.peers.push_back({next(), next()});
    } else {
      Die("unknown option " + option);
    }
  }
  return options;
}

void RunJob(carrel::report::WorkerPool& pool, const JobSpec& spec, Line& line) {
  const auto zygote = pool.Get(spec.language);
  if (!zygote) Die(zygote.error().message);
  const carrel::UniqueFd output(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  const carrel::sandbox::SessionJob session{
      .subtree = spec.subtree, .output_fd = output.get(), .job = spec.job};
  FirstRow handler;
  const auto start = SteadyClock::now();
  const auto outcome = RunSession(**zygote, session, handler, {});
  const auto end = SteadyClock::now();
  if (outcome.payload.value("status", "") != "ok" || !handler.first()) {
    Die(fmt::format("{}: {} {} {}", spec.name, outcome.reason, outcome.payload.dump(),
                    outcome.log));
  }
  line.first_row.push_back(Milliseconds(*handler.first() - start));
  line.whole.push_back(Milliseconds(end - start));
}

void Print(const std::vector<Line>& ours, const std::vector<Line>& peers) {
  fmt::print("| start to first row | median ms | p95 ms | whole report, median ms |");
  for (const Line& peer : peers) fmt::print(" {} takes × |", peer.name);
  fmt::print("\n|---|---|---|---|");
  for (size_t i = 0; i < peers.size(); ++i) fmt::print("---|");
  fmt::print("\n");
  const auto row = [&](const Line& line) {
    const double median = Quantile(line.first_row, 0.5);
    fmt::print("| {} | {:.2f} | {:.2f} | {:.2f} |", line.name, median,
               Quantile(line.first_row, 0.95), Quantile(line.whole, 0.5));
    for (const Line& peer : peers) fmt::print(" {:.1f} |", Quantile(peer.whole, 0.5) / median);
    fmt::print("\n");
  };
  for (const Line& line : ours) row(line);
  for (const Line& line : peers) row(line);
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = Parse(argc, argv);
  carrel::report::WorkerPool pool(options.pool);
  std::vector<Line> ours, peers;
  for (const JobSpec& job : options.jobs) ours.push_back({job.name, {}, {}});
  for (const auto& peer : options.peers) peers.push_back({peer.name, {}, {}});
  // Interleaved, so that a slow moment of the machine meets everybody.
  for (int run = -1; run < options.runs; ++run) {
    for (size_t i = 0; i < ours.size(); ++i) RunJob(pool, options.jobs[i], ours[i]);
    for (size_t i = 0; i < peers.size(); ++i) {
      peers[i].whole.push_back(carrel::bench::RunPeer(options.peers[i]));
      peers[i].first_row.push_back(peers[i].whole.back());
    }
    if (run < 0) {  // the first round warms zygotes and caches
      for (std::vector<Line>* lines : {&ours, &peers}) {
        for (Line& line : *lines) line = {line.name, {}, {}};
      }
    }
  }
  Print(ours, peers);
  return 0;
}
