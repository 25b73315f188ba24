// One run of one Lua report: state, entry point, rows, end.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "sdk/lua/cells.h"
#include "sdk/lua/ready_state.h"
#include "sdk/lua/run_context.h"

namespace carrel::lua {

// Single use. The references outlive Execute; what the report has made stays until the end.
class ReportRun {
 public:
  ReportRun(std::unique_ptr<ReadyState> ready, size_t memory_limit, const sdk::ReportJob& job,
            sdk::ReportPort& port, render::Renderer& renderer);

  sdk::ReportEnd Execute();

 private:
  using Failure = std::optional<sdk::ReportFailure>;

  Failure Begin();
  Failure CallGenerate();
  Failure Drain();
  // Holes are nil rows: null in JSON, refused as cells.
  Failure DrainArray(int64_t length);
  Failure DrainFunction();
  Failure DrainCoroutine();
  // The row at the top of the stack, not popped; `number` counts from 1.
  Failure WriteRow(int64_t number);
  Failure WriteDocument();
  // lua_pcall of the function below `arguments` values, with a traceback kept.
  Failure Protected(int arguments, int results, const char* kind);
  Failure EncodeTop();

  RunContext context_;
  render::Renderer& renderer_;
  std::unique_ptr<ReadyState> ready_;
  RowReader reader_;
};

}  // namespace carrel::lua
