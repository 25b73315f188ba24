// Reports run to their end in real workers: what the benchmarks of starts and of rows share.
#pragma once

#include <string>
#include <vector>

#include "runtime/base/json.h"
#include "runtime/base/unique_fd.h"
#include "runtime/report/worker_pool.h"
#include "sandbox/session.h"
#include "tests/bench/peer_process.h"

namespace carrel::bench {

struct WorkerJob {
  std::string name, language, subtree;
  Json job;
};

// --worker FILE --packages DIR --store DIR --runs N
// --job NAME LANGUAGE SUBTREE JSON ... --peer NAME COMMAND ...
struct WorkerOptions {
  report::WorkerPoolOptions pool;
  int runs = 3;
  std::vector<WorkerJob> jobs;
  std::vector<Peer> peers;
};

// Dies when an option is unknown or lacks its value.
WorkerOptions ParseWorkerOptions(int argc, char** argv);

struct WorkerRun {
  UniqueFd output;
  Json payload;
  SteadyClock::time_point start, end;
};

// Dies when the report fails.
WorkerRun RunWorkerJob(sandbox::Zygote& zygote, const WorkerJob& job,
                       sandbox::SessionHandler& handler);

}  // namespace carrel::bench
