// The standard libraries as a report sees them: no files, no processes, no bytecode, no addresses
// of memory in any text. This is tidiness; the sandbox around the process is the boundary.
#pragma once

struct lua_State;

namespace carrel::lua {

// Opens them into the globals of `state`, math.random without a seed. Raises Lua errors (memory):
// call it protected.
void OpenLibraries(lua_State* state);

// lua_CFunction: seeds math.random from the system. Once in each process that uses the state, for
// it may have been made before a fork, and Lua's own seed is the time and addresses.
int SeedRandom(lua_State* state);

// Pushes what `tostring` gives: as in Lua, but "table" instead of "table: 0x55...". May call
// __tostring, may raise.
void PushSafeText(lua_State* state, int index);

}  // namespace carrel::lua
