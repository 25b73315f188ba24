// One run of one Lua report: state, entry point, rows, end.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "sdk/lua/cells.h"
#include "sdk/lua/embedded_sources.h"
#include "sdk/lua/lua_state.h"
#include "sdk/lua/run_context.h"

namespace carrel::lua {

// The embedded sources, compiled once (our own bytecode; a report's never runs).
using CompiledSources = std::array<std::string, kEmbeddedSourceCount>;

// Single use. The arguments outlive it.
class ReportRun {
 public:
  ReportRun(const CompiledSources& sources, size_t memory_limit, const sdk::ReportJob& job,
            sdk::ReportPort& port, render::Renderer& renderer);

  sdk::ReportEnd Execute();

 private:
  using Failure = std::optional<sdk::ReportFailure>;

  Failure Prepare();
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
  const CompiledSources& sources_;
  MemoryBudget budget_;
  LuaState state_;
  RowReader reader_;
};

}  // namespace carrel::lua
