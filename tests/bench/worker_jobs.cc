#include "tests/bench/worker_jobs.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cstdlib>
#include <utility>

namespace carrel::bench {

WorkerOptions ParseWorkerOptions(int argc, char** argv) {
  WorkerOptions options;
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
      WorkerJob job{next(), next(), next(), {}};
      job.job = ParseJson(next()).value_or(Json());
      options.jobs.push_back(std::move(job));
    } else if (option == "--peer") {
      options.peers.push_back({next(), next()});
    } else {
      Die("unknown option " + option);
    }
  }
  return options;
}

WorkerRun RunWorkerJob(sandbox::Zygote& zygote, const WorkerJob& job,
                       sandbox::SessionHandler& handler) {
  WorkerRun run;
  run.output.Reset(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  const sandbox::SessionJob session{
      .subtree = job.subtree, .output_fd = run.output.get(), .job = job.job};
  run.start = SteadyClock::now();
  auto outcome = RunSession(zygote, session, handler, {});
  run.end = SteadyClock::now();
  if (JsonString(outcome.payload, "status") != "ok") {
    Die(fmt::format("{}: {} {} {}", job.name, outcome.reason, outcome.payload.dump(), outcome.log));
  }
  run.payload = std::move(outcome.payload);
  return run;
}

}  // namespace carrel::bench
