// Parses report code and workbooks where it is harmless: in a confined worker.
#pragma once

#include "runtime/report/worker_pool.h"
#include "runtime/template/inspector.h"

namespace carrel::report {

// Thread-safe; the pool outlives it. The checkout lies below the pool's store.
class SandboxInspector final : public manifest::Inspector {
 public:
  explicit SandboxInspector(WorkerPool& pool) : pool_(pool) {}

  Result<std::vector<manifest::EntrypointFacts>> Entrypoints(
      const std::filesystem::path& checkout,
      std::span<const manifest::EntrypointQuery> queries) override;
  Result<std::vector<manifest::WorkbookFacts>> Workbooks(
      const std::filesystem::path& checkout,
      std::span<const manifest::WorkbookQuery> queries) override;

 private:
  WorkerPool& pool_;
};

}  // namespace carrel::report
