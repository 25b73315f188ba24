// The C functions below the Lua part of module `carrel` (carrel.lua, client.lua).
#pragma once

struct lua_State;

namespace carrel::lua {

// Pushes the table of native functions:
//   call(connection, method, path, query, body)  status, value, content_range; nil, message
//   encode(value)  JSON text            decode(text)  value; nil, message
//   progress(value, max)                extra_context(data)
//   tag(name, metatable)                null
void PushNative(lua_State* state);

}  // namespace carrel::lua
