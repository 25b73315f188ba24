// Reports of many rows through real workers: from the job to the delivered file, and the memory
// of the worker at its highest, over what it had when it was parked. Prints JSON for render.py.
//
// The jobs of one call have one language: its zygote is found as the newest child.
//
//   report_bench --worker FILE --packages DIR --store DIR --runs N
//                --job NAME LANGUAGE SUBTREE JSON ...
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "runtime/base/files.h"
#include "runtime/base/json.h"
#include "runtime/report/package.h"
#include "tests/bench/noop_report.h"
#include "tests/bench/process_memory.h"
#include "tests/bench/worker_jobs.h"

namespace {

using carrel::Json;
using carrel::JsonString;
using carrel::bench::Die;
using carrel::bench::Milliseconds;
using carrel::bench::SteadyClock;
using carrel::bench::WorkerJob;

// This process, the helper that entered the namespaces, their process 1, the zygote, a worker.
constexpr int kWorkerDepth = 4;

// A line of /proc/PID/status that is given in kB, in MB; 0 when the process is gone.
double StatusMb(pid_t process, std::string_view name) {
  const auto status = carrel::ReadFile(fmt::format("/proc/{}/status", process));
  const size_t at = status ? status->find(name) : std::string::npos;
  if (at == std::string::npos) return 0;
  const size_t digit = status->find_first_of("0123456789", at);
  double kb = 0;
  std::from_chars(status->data() + digit, status->data() + status->size(), kb);
  return kb / 1024;
}

// Looks at a worker until it is gone.
class MemoryWatch {
 public:
  explicit MemoryWatch(pid_t worker)
      : idle_(StatusMb(worker, "VmRSS:")), thread_([this, worker](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
            highest_ = std::max(highest_.load(), StatusMb(worker, "VmHWM:"));
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
          }
        }) {}
  double OverIdle() {
    thread_.request_stop();
    thread_.join();
    return highest_ - idle_;
  }

 private:
  const double idle_;
  std::atomic<double> highest_{0};
  std::jthread thread_;
};

// As the host delivers what is no workbook.
double ZipMilliseconds(int artifact) {
  const carrel::UniqueFd zip(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  const carrel::report::Report report;
  const auto start = SteadyClock::now();
  const auto written =
      carrel::report::WritePackage({report, artifact, "report", "bench", zip.get()});
  if (!written) Die(written.error().message);
  return Milliseconds(SteadyClock::now() - start);
}

struct Figures {
  std::vector<double> seconds, zip_seconds, over_idle_mb;
  uint64_t bytes = 0, rows = 0;
};

void Run(carrel::report::WorkerPool& pool, const WorkerJob& job, Figures& figures) {
  carrel::bench::AwaitParked(pool, job.language, 1, 50);
  carrel::sandbox::Zygote& zygote = carrel::bench::ZygoteOf(pool, job.language);
  carrel::bench::QuietHandler handler;
  MemoryWatch watch(carrel::bench::DescendantAt(kWorkerDepth));
  const auto run = carrel::bench::RunWorkerJob(zygote, job, handler);
  figures.over_idle_mb.push_back(watch.OverIdle());
  const bool zipped = JsonString(job.job["renderer"], "type") != "xlsx";
  const double zip_ms = zipped ? ZipMilliseconds(run.output.get()) : 0;
  figures.zip_seconds.push_back(zip_ms / 1000);
  figures.seconds.push_back((Milliseconds(run.end - run.start) + zip_ms) / 1000);
  figures.rows = run.payload.value("rows", uint64_t{0});
  figures.bytes = run.payload.value("bytes", uint64_t{0});
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = carrel::bench::ParseWorkerOptions(argc, argv);
  carrel::report::WorkerPool pool(options.pool);
  std::vector<Figures> figures(options.jobs.size());
  // Interleaved, so that a slow moment of the machine meets everybody.
  for (int run = 0; run < options.runs; ++run) {
    for (size_t i = 0; i < figures.size(); ++i) Run(pool, options.jobs[i], figures[i]);
  }
  Json out = Json::object();
  for (size_t i = 0; i < figures.size(); ++i) {
    out[options.jobs[i].name] = {{"seconds", figures[i].seconds},
                                 {"zip_seconds", figures[i].zip_seconds},
                                 {"over_idle_mb", figures[i].over_idle_mb},
                                 {"rows", figures[i].rows},
                                 {"bytes", figures[i].bytes}};
  }
  fmt::print("{}\n", out.dump());
  return 0;
}
