#include "sdk/lua/ready_state.h"

#include <lua.hpp>

#include "sdk/lua/libraries.h"
#include "sdk/lua/modules.h"
#include "sdk/lua/native.h"

namespace carrel::lua {
namespace {

constexpr size_t kSetUpBytes = size_t{64} << 20;

// Argument 1: the CompiledSources.
int SetUp(lua_State* L) {
  const auto& sources = *static_cast<const CompiledSources*>(lua_touserdata(L, 1));
  OpenLibraries(L);
  OpenRequire(L);
  PushNative(L);
  for (int i = 0; i < kEmbeddedSourceCount; ++i) {
    const std::string& code = sources.at(static_cast<size_t>(i));
    if (luaL_loadbufferx(L, code.data(), code.size(), kEmbeddedSources[i].chunk_name, "b") !=
        LUA_OK) {
      return lua_error(L);
    }
    lua_pushvalue(L, -2);
    lua_call(L, 1, 0);
  }
  lua_getfield(L, -1, "carrel");
  ProvideModule(L, "carrel");
  lua_setfield(L, LUA_REGISTRYINDEX, kNative);
  return 0;
}

}  // namespace

Result<std::unique_ptr<ReadyState>> MakeReadyState(const CompiledSources& sources) {
  auto ready = std::make_unique<ReadyState>();
  ready->budget.limit = kSetUpBytes;
  ready->state = NewLuaState(ready->budget);
  if (!ready->state) return Fail(Code::kLimit, "not enough memory");
  lua_State* L = ready->state.get();
  lua_pushcfunction(L, SetUp);
  lua_pushlightuserdata(L, const_cast<CompiledSources*>(&sources));
  const int status = lua_pcall(L, 1, 0, 0);
  if (status == LUA_ERRMEM) return Fail(Code::kLimit, "not enough memory");
  if (status != LUA_OK) return Fail(Code::kInternal, lua_tostring(L, -1));
  return ready;
}

}  // namespace carrel::lua
