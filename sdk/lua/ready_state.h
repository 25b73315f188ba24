// A Lua state with our libraries and sources in it that no report has used yet: made before there
// is a job, so that no run waits for it.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "runtime/base/result.h"
#include "sdk/lua/embedded_sources.h"
#include "sdk/lua/lua_state.h"

namespace carrel::lua {

// The embedded sources, compiled once (our own bytecode; a report's never runs).
using CompiledSources = std::array<std::string, kEmbeddedSourceCount>;

// The registry's field with the native table, as extended by the sources.
inline constexpr char kNative[] = "carrel.native";

struct ReadyState {
  MemoryBudget budget;  // what the report may use is set when there is one
  LuaState state;
};

// kLimit when there is no memory for it.
Result<std::unique_ptr<ReadyState>> MakeReadyState(const CompiledSources& sources);

}  // namespace carrel::lua
