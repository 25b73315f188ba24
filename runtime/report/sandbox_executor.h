// Runs a job in a confined worker: settles what the worker is told, answers its calls through a
// broker of its own, and turns the way it ended into an Outcome.
#pragma once

#include <string>

#include "runtime/net/http_client.h"
#include "runtime/report/connection.h"
#include "runtime/report/executor.h"
#include "runtime/report/worker_pool.h"

namespace carrel::report {

struct SandboxExecutorOptions {
  std::string environment;  // "runtime environment" of the Info sheet
};

// Thread-safe; the parts outlive it.
class SandboxExecutor final : public Executor {
 public:
  SandboxExecutor(WorkerPool& pool, const ConnectionSet& connections, net::HttpClient& http,
                  SandboxExecutorOptions options)
      : pool_(pool), connections_(connections), http_(http), options_(std::move(options)) {}

  Result<Outcome> Execute(const Job& job, RunObserver& observer, std::stop_token stop) override;

 private:
  WorkerPool& pool_;
  const ConnectionSet& connections_;
  net::HttpClient& http_;
  const SandboxExecutorOptions options_;
};

}  // namespace carrel::report
