#include "sdk/lua/lua_state.h"

#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <lua.hpp>

namespace carrel::lua {
namespace {

// lua_Alloc: `old_size` is a type tag, not a size, when there is no block yet.
void* Allocate(void* user, void* block, size_t old_size, size_t new_size) {
  auto& budget = *static_cast<MemoryBudget*>(user);
  const size_t held = block == nullptr ? 0 : old_size;
  if (new_size == 0) {
    std::free(block);
    budget.used -= held;
    // A full state that was emptied leaves holes behind: the system gets them before the next use.
    if (budget.was_refused && budget.used < budget.limit / 2) {
      malloc_trim(0);
      budget.was_refused = false;
    }
    return nullptr;
  }
  const size_t left = budget.limit - std::min(budget.used, budget.limit);
  if (new_size > held && new_size - held > left) {
    budget.was_refused = true;
    return nullptr;
  }
  void* moved = std::realloc(block, new_size);
  if (moved == nullptr) return new_size <= held ? block : nullptr;  // Lua: shrinking cannot fail
  budget.used += new_size - held;
  return moved;
}

}  // namespace

size_t MemoryLimit(size_t configured) {
  if (configured != 0) return configured;
  rlimit address_space{};
  if (getrlimit(RLIMIT_AS, &address_space) == 0 && address_space.rlim_cur != RLIM_INFINITY) {
    return static_cast<size_t>(address_space.rlim_cur) / 4 * 3;
  }
  return size_t{1} << 30;
}

void LuaStateCloser::operator()(lua_State* state) const { lua_close(state); }

LuaState NewLuaState(MemoryBudget& budget) { return LuaState(lua_newstate(&Allocate, &budget)); }

}  // namespace carrel::lua
