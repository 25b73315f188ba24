// `require`, limited to the text files of one checkout.
#pragma once

struct lua_State;

namespace carrel::lua {

// Defines the global `require`. Modules of the standard library already open are known to it.
// Raises (memory): call it protected.
void OpenRequire(lua_State* state);

// Makes the table at the top known to `require` as `name`; pops it.
void ProvideModule(lua_State* state, const char* name);

// What `require(name)` pushes: the module's value. Raises.
void RequireModule(lua_State* state, const char* name);

}  // namespace carrel::lua
