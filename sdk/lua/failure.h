// From what a Lua report raised to a ReportFailure.
#pragma once

#include "sdk/worker/language_host.h"

struct lua_State;

namespace carrel::lua {

// Message handler for lua_pcall: keeps the stack of the error in the context's `traceback` and
// returns the error object as it is.
int KeepTraceback(lua_State* state);

// The same for a coroutine that ended with an error: `coroutine` still has its stack.
void KeepTracebackOf(lua_State* state, lua_State* coroutine);

// What happened: `status` is lua_pcall's, the error object is at the top and is popped. `kind` is
// the one of plain error texts: "error", or "load" while the entry point is being loaded. Calls no
// metamethod of the error object.
sdk::ReportFailure TakeFailure(lua_State* state, int status, const char* kind);

// `text` as ReportFailure::message wants it: one line, UTF-8, bounded.
sdk::ReportFailure MakeFailure(std::string kind, std::string_view text);

}  // namespace carrel::lua
