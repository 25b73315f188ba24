// One Lua state with a byte budget, and the rule for code between C++ and Lua: liblua is C, its
// errors longjmp. No C++ object with a destructor may be alive on the stack when a Lua function
// raises, so C functions put their C++ work into Contain() and raise after it.
#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <utility>

struct lua_State;

namespace carrel::lua {

struct MemoryBudget {
  size_t limit = 0;
  size_t used = 0;
  bool was_refused = false;  // since memory was last given back to the system
};

// The budget from LuaLimits::memory_bytes, see there.
size_t MemoryLimit(size_t configured);

struct LuaStateCloser {
  void operator()(lua_State* state) const;
};
using LuaState = std::unique_ptr<lua_State, LuaStateCloser>;

// Null when there is no memory for an empty state. `budget` outlives the state.
LuaState NewLuaState(MemoryBudget& budget);

// Runs `body`, which calls no Lua function that may raise; false with `problem` set when it threw.
template <typename Body>
bool Contain(std::string& problem, Body&& body) noexcept {
  try {
    std::forward<Body>(body)();
    return true;
  } catch (const std::bad_alloc&) {
    problem.assign("not enough memory");  // short enough to need no allocation beyond its own
  } catch (const std::exception& e) {
    try {
      problem.assign(e.what());
    } catch (...) {
      problem.clear();
    }
  }
  return false;
}

}  // namespace carrel::lua
