// The standard libraries as a report sees them: no files, no processes, no bytecode, no addresses
// of memory in any text. This is tidiness; the sandbox around the process is the boundary.
#pragma once

struct lua_State;

namespace carrel::lua {

// Opens them into the globals of `state`. Raises Lua errors (memory): call it protected.
void OpenLibraries(lua_State* state);

// Pushes what `tostring` gives: as in Lua, but "table" instead of "table: 0x55...". May call
// __tostring, may raise.
void PushSafeText(lua_State* state, int index);

}  // namespace carrel::lua
