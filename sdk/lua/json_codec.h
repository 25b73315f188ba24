// JSON to Lua values and back. The rules are those of README.md, "JSON".
#pragma once

#include "runtime/base/json.h"

struct lua_State;

namespace carrel::lua {

// Pushes one value; null members of an object are left out, null elements become carrel.null.
// Raises for nesting beyond 200 levels and for memory.
void PushJson(lua_State* state, const Json& value);
void PushJson(lua_State* state, const OrderedJson& value);

// Appends the value at `index` to the context's `text`, compact, UTF-8. Raises for what JSON
// cannot hold: functions, keys that are no strings, nesting beyond 200 levels (cycles).
void EncodeJson(lua_State* state, int index);

}  // namespace carrel::lua
