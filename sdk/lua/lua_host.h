// Runs Lua reports: the LanguageHost of `"language": "lua"`. Everything else of this folder is
// its own affair; README.md tells an author what the language offers.
#pragma once

#include <cstddef>
#include <memory>

#include "sdk/worker/language_host.h"

namespace carrel::lua {

struct LuaLimits {
  // What one report's Lua state may hold, in bytes. 0: three quarters of RLIMIT_AS, or 1 GiB when
  // there is none. Beyond it Lua says "not enough memory" and the report fails with "memory".
  // Time is not limited here: a Lua state cannot be interrupted reliably from inside, so the
  // sandbox ends it from outside.
  size_t memory_bytes = 0;
};

// A host without shared state between reports: each Run makes a fresh Lua state and closes it.
std::unique_ptr<sdk::LanguageHost> MakeLuaHost(const LuaLimits& limits = {});

}  // namespace carrel::lua
