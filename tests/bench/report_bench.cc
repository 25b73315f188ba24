// Reports of many rows through real workers: from the job to the delivered file, and the memory
// of the worker at its highest, over what it had when it was parked. Prints JSON for render.py.
//
// The jobs of one call have one language: its zygote is found as the newest child.
//
//   report_bench --worker FILE --packages DIR --store DIR --runs N
//                --job NAME LANGUAGE SUBTREE JSON ...
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
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
#include "runtime/report/worker_pool.h"
#include "sandbox/session.h"
#include "tests/bench/noop_report.h"
#include "tests/bench/peer_process.h"
#include "tests/bench/process_memory.h"

namespace {

using carrel::Json;
using carrel::JsonString;
using carrel::bench::Die;
using carrel::bench::Milliseconds;
using carrel::bench::SteadyClock;

// This process, the helper that entered the namespaces, their process 1, the zygote, a worker.
constexpr int kWorkerDepth = 4;

struct JobSpec {
  std::string name, language, subtree;
  Json job;
};

struct Options {
  carrel::report::WorkerPoolOptions pool;
  int runs = 3;
  std::vector<JobSpec> jobs;
};

Options Parse(int argc, char** argv) {
  Options options;
  options.pool.spares = 1;
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
      options.runs = std::stoi(next());
    } else if (option == "--job") {
      JobSpec spec{next(), next(), next(), {}};
      spec.job = carrel::ParseJson(next()).value_or(Json());
      options.jobs.push_back(std::move(spec));
    } else {
      Die("unknown option " + option);
    }
  }
  return options;
}

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

void Run(carrel::report::WorkerPool& pool, const JobSpec& spec, Figures& figures) {
  carrel::bench::AwaitParked(pool, spec.language, 1, 50);
  carrel::sandbox::Zygote& zygote = carrel::bench::ZygoteOf(pool, spec.language);
  const carrel::UniqueFd output(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  const carrel::sandbox::SessionJob session{
      .subtree = spec.subtree, .output_fd = output.get(), .job = spec.job};
  carrel::bench::QuietHandler handler;
  MemoryWatch watch(carrel::bench::DescendantAt(kWorkerDepth));
  const auto start = SteadyClock::now();
  const auto outcome = RunSession(zygote, session, handler, {});
  const double report_ms = Milliseconds(SteadyClock::now() - start);
  figures.over_idle_mb.push_back(watch.OverIdle());
  if (JsonString(outcome.payload, "status") != "ok") {
    Die(fmt::format("{}: {} {} {}", spec.name, outcome.reason, outcome.payload.dump(),
                    outcome.log));
  }
  const bool zipped = JsonString(spec.job["renderer"], "type") != "xlsx";
  const double zip_ms = zipped ? ZipMilliseconds(output.get()) : 0;
  figures.zip_seconds.push_back(zip_ms / 1000);
  figures.seconds.push_back((report_ms + zip_ms) / 1000);
  figures.rows = outcome.payload.value("rows", uint64_t{0});
  figures.bytes = outcome.payload.value("bytes", uint64_t{0});
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = Parse(argc, argv);
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
