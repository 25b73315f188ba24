// JSON to Lua values and back. The rules are those of README.md, "JSON".
#pragma once

#include <cstdint>

#include "runtime/base/json.h"

struct lua_State;

namespace carrel::lua {

// Pushes one value; null members of an object are left out, null elements become carrel.null.
// Raises for nesting beyond 200 levels and for memory.
void PushJson(lua_State* state, const Json& value);
void PushJson(lua_State* state, const OrderedJson& value);

// Appends the value at `index` to the context's `text`, compact, UTF-8. Raises for what JSON
// cannot hold: functions, keys that are no strings, nesting beyond 200 levels (cycles). The
// context's `column` is then the element of an array that it was in.
void EncodeJson(lua_State* state, int index);

// Whether `count` elements make an array of this length: holes in it are null, but not a thousand
// for each element.
bool IsDense(int64_t length, int64_t count);

}  // namespace carrel::lua
