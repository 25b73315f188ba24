#include "sdk/lua/libraries.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <lua.hpp>

namespace carrel::lua {
namespace {

int SafeToString(lua_State* L) {
  luaL_checkany(L, 1);
  PushSafeText(L, 1);
  return 1;
}

// To stdout, which is the report's log; flushed, so that a killed report leaves its last line.
int Print(lua_State* L) {
  const int count = lua_gettop(L);
  for (int i = 1; i <= count; ++i) {
    PushSafeText(L, i);
    size_t length = 0;
    const char* text = lua_tolstring(L, -1, &length);
    if (i > 1) std::fputc('\t', stdout);
    std::fwrite(text, 1, length, stdout);
    lua_pop(L, 1);
  }
  std::fputc('\n', stdout);
  std::fflush(stdout);
  return 0;
}

// load(chunk, name, mode, env) with mode always "t": crafted bytecode can crash the interpreter.
int LoadText(lua_State* L) {
  const int count = lua_gettop(L);
  lua_settop(L, count < 3 ? 3 : count);
  lua_pushliteral(L, "t");
  lua_replace(L, 3);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

int CollectGarbage(lua_State* L) {
  const char* option = luaL_optstring(L, 1, "collect");
  if (std::strcmp(option, "count") != 0) {
    return luaL_error(L, "collectgarbage('%s') is not available, only 'count' is", option);
  }
  lua_settop(L, 0);
  const lua_Number kibibytes = static_cast<lua_Number>(lua_gc(L, LUA_GCCOUNT)) +
                               static_cast<lua_Number>(lua_gc(L, LUA_GCCOUNTB)) / 1024;
  lua_pushnumber(L, kibibytes);
  return 1;
}

// setmetatable without finalizers: Lua looks for __gc only while the metatable is being set.
int SetMetatableWithoutGc(lua_State* L) {
  lua_settop(L, 2);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);  // setmetatable, object, metatable
  if (lua_type(L, 3) != LUA_TTABLE) {
    lua_call(L, 2, 1);
    return 1;
  }
  lua_pushvalue(L, 3);
  lua_insert(L, 1);
  lua_pushliteral(L, "__gc");
  lua_rawget(L, 1);
  lua_insert(L, 2);  // metatable, its __gc, setmetatable, object, metatable
  lua_pushliteral(L, "__gc");
  lua_pushnil(L);
  lua_rawset(L, 1);
  lua_call(L, 2, 1);
  lua_pushliteral(L, "__gc");
  lua_pushvalue(L, 2);
  lua_rawset(L, 1);
  return 1;
}

// string.format: %p is refused and the argument of %s becomes safe text first.
int Format(lua_State* L) {
  size_t length = 0;
  const char* format = luaL_checklstring(L, 1, &length);
  int argument = 1;
  for (size_t i = 0; i < length; ++i) {
    if (format[i] != '%') continue;
    ++i;
    if (i < length && format[i] == '%') continue;
    while (i < length && std::strchr("-+ #0123456789.", format[i]) != nullptr) ++i;
    ++argument;
    if (i >= length) break;
    if (format[i] == 'p') return luaL_error(L, "invalid conversion '%%p' to 'format'");
    const int type = lua_type(L, argument);
    if (format[i] == 's' && (type > LUA_TSTRING || type == LUA_TLIGHTUSERDATA)) {
      PushSafeText(L, argument);
      lua_replace(L, argument);
    }
  }
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

// Replaces `name` in the table at the top by `function`, which finds the original in upvalue 1.
void WrapField(lua_State* L, const char* name, lua_CFunction function) {
  lua_getfield(L, -1, name);
  lua_pushcclosure(L, function, 1);
  lua_setfield(L, -2, name);
}

void RemoveFields(lua_State* L, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    lua_pushnil(L);
    lua_setfield(L, -2, name);
  }
}

void OpenBase(lua_State* L) {
  luaL_requiref(L, LUA_GNAME, luaopen_base, 1);
  RemoveFields(L, {"dofile", "loadfile", "warn"});
  WrapField(L, "load", LoadText);
  WrapField(L, "setmetatable", SetMetatableWithoutGc);
  constexpr std::array<luaL_Reg, 4> kReplaced = {
      {{"tostring", SafeToString}, {"print", Print}, {"collectgarbage", CollectGarbage}, {}}};
  luaL_setfuncs(L, kReplaced.data(), 0);
  lua_pop(L, 1);
}

void OpenString(lua_State* L) {
  luaL_requiref(L, LUA_STRLIBNAME, luaopen_string, 1);
  RemoveFields(L, {"dump"});
  WrapField(L, "format", Format);
  lua_pop(L, 1);
  lua_pushliteral(L, "");
  lua_getmetatable(L, -1);
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");  // getmetatable("") gives false, it cannot be changed
  lua_pop(L, 2);
}

void OpenOs(lua_State* L) {
  luaL_requiref(L, LUA_OSLIBNAME, luaopen_os, 0);
  lua_createtable(L, 0, 4);
  for (const char* name : {"clock", "date", "difftime", "time"}) {
    lua_getfield(L, -2, name);
    lua_setfield(L, -2, name);
  }
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  lua_pushvalue(L, -2);
  lua_setfield(L, -2, LUA_OSLIBNAME);
  lua_pop(L, 1);
  lua_setglobal(L, LUA_OSLIBNAME);
  lua_pop(L, 1);
}

constexpr char kRandomSeed[] = "carrel.randomseed";

// math.randomseed(...): without arguments seeded by the system, not by the clock and an address
// that all workers share; and returns nothing, where Lua's own returns the seed, an address among
// it.
int RandomSeed(lua_State* L) {
  std::array<lua_Integer, 2> seed{};
  const int given = std::min(lua_gettop(L), 2);
  lua_settop(L, given);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  if (given == 0) {
    if (getrandom(seed.data(), sizeof(seed), 0) != static_cast<ssize_t>(sizeof(seed))) {
      return luaL_error(L, "math.randomseed: the system gives no random numbers");
    }
    lua_pushinteger(L, seed[0]);
    lua_pushinteger(L, seed[1]);
  }
  lua_call(L, given == 0 ? 2 : given, 0);
  return 0;
}

void OpenMath(lua_State* L) {
  luaL_requiref(L, LUA_MATHLIBNAME, luaopen_math, 1);
  lua_getfield(L, -1, "randomseed");
  lua_pushcclosure(L, RandomSeed, 1);
  lua_pushvalue(L, -1);
  lua_setfield(L, LUA_REGISTRYINDEX, kRandomSeed);
  lua_setfield(L, -2, "randomseed");
  lua_pop(L, 1);
}

}  // namespace

void PushSafeText(lua_State* L, int index) {
  index = lua_absindex(L, index);
  const int type = lua_type(L, index);
  if (type <= LUA_TSTRING && type != LUA_TLIGHTUSERDATA) {
    luaL_tolstring(L, index, nullptr);
  } else if (luaL_getmetafield(L, index, "__tostring") != LUA_TNIL) {
    lua_pop(L, 1);
    luaL_tolstring(L, index, nullptr);
  } else if (type == LUA_TLIGHTUSERDATA && lua_touserdata(L, index) == nullptr) {
    lua_pushliteral(L, "null");
  } else if (const int name = luaL_getmetafield(L, index, "__name"); name != LUA_TSTRING) {
    if (name != LUA_TNIL) lua_pop(L, 1);
    lua_pushstring(L, lua_typename(L, type));
  }
}

void OpenLibraries(lua_State* L) {
  OpenBase(L);
  OpenString(L);
  OpenOs(L);
  OpenMath(L);
  luaL_requiref(L, LUA_TABLIBNAME, luaopen_table, 1);
  luaL_requiref(L, LUA_UTF8LIBNAME, luaopen_utf8, 1);
  luaL_requiref(L, LUA_COLIBNAME, luaopen_coroutine, 1);
  lua_pop(L, 3);
}

int SeedRandom(lua_State* L) {
  lua_getfield(L, LUA_REGISTRYINDEX, kRandomSeed);
  lua_call(L, 0, 0);
  return 0;
}

}  // namespace carrel::lua
