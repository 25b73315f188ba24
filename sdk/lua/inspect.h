// Finds a report's entry point in Lua source without running it.
#pragma once

#include <filesystem>

#include "runtime/base/json.h"
#include "sdk/worker/language_host.h"

namespace carrel::lua {

// LanguageHost::InspectEntrypoint for Lua. Since Lua drops surplus arguments and fills missing ones
// with nil, every function can be called with any number: min_positional is 0, max_positional -1.
// `declared` has the number of parameters written in the source (-1 with `...`). A function that
// comes into the module's table by a call or a variable of unknown value is "bound".
Json Inspect(const std::filesystem::path& root, const sdk::EntrypointQuery& query);

}  // namespace carrel::lua
