// From the decision to run a report to its first row, over real workers, side by side with what it
// costs to start the peers' processes. Prints medians and ratios; asserts nothing.
//
//   start_bench --worker FILE --packages DIR --store DIR --runs N
//               --job NAME LANGUAGE SUBTREE JSON ... --peer NAME COMMAND ...
#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/noop_report.h"
#include "tests/bench/worker_jobs.h"

namespace {

using carrel::Json;
using carrel::bench::Die;
using carrel::bench::Milliseconds;
using carrel::bench::Quantile;
using carrel::bench::SteadyClock;
using carrel::bench::WorkerJob;

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

void RunJob(carrel::report::WorkerPool& pool, const WorkerJob& job, Line& line) {
  FirstRow handler;
  const auto run =
      carrel::bench::RunWorkerJob(carrel::bench::ZygoteOf(pool, job.language), job, handler);
  if (!handler.first()) Die(fmt::format("{}: it had no row", job.name));
  line.first_row.push_back(Milliseconds(*handler.first() - run.start));
  line.whole.push_back(Milliseconds(run.end - run.start));
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
  const auto options = carrel::bench::ParseWorkerOptions(argc, argv);
  carrel::report::WorkerPool pool(options.pool);
  std::vector<Line> ours, peers;
  for (const WorkerJob& job : options.jobs) ours.push_back({job.name, {}, {}});
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
