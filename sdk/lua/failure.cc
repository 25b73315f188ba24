#include "sdk/lua/failure.h"

#include <fmt/format.h>

#include <algorithm>
#include <lua.hpp>

#include "runtime/base/text.h"
#include "sdk/lua/lua_state.h"
#include "sdk/lua/run_context.h"

namespace carrel::lua {
namespace {

constexpr size_t kMaxMessage = 4096;
constexpr size_t kMaxTraceback = size_t{60} << 10;
constexpr std::string_view kOutOfMemory = "not enough memory";

std::string OneLine(std::string_view text) {
  std::string line = Truncate(ToUtf8(text.substr(0, kMaxMessage)), kMaxMessage);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return EscapeControls(line);
}

// The raw field `key` of the table at 1, when it is a string; empty otherwise. Pops nothing: the
// text stays alive on the stack.
std::string_view RawText(lua_State* L, const char* key) {
  lua_pushstring(L, key);
  if (lua_rawget(L, 1) != LUA_TSTRING) return {};
  size_t length = 0;
  const char* text = lua_tolstring(L, -1, &length);
  return {text, length};
}

bool RawTrue(lua_State* L, const char* key) {
  lua_pushstring(L, key);
  lua_rawget(L, 1);
  return lua_toboolean(L, -1) != 0;
}

int RawInteger(lua_State* L, const char* key) {
  lua_pushstring(L, key);
  lua_rawget(L, 1);
  return lua_isinteger(L, -1) != 0 ? static_cast<int>(lua_tointeger(L, -1)) : 0;
}

// Describes the error object at 1 in context.failure, whose kind is set by the caller.
int Describe(lua_State* L) {
  RunContext& context = ContextOf(L);
  std::string_view text;
  const char* kind = nullptr;
  int status = 0;
  luaL_checkstack(L, 8, nullptr);
  if (lua_type(L, 1) == LUA_TSTRING || lua_type(L, 1) == LUA_TNUMBER) {
    size_t length = 0;
    const char* bytes = lua_tolstring(L, 1, &length);
    text = {bytes, length};
    if (text == kOutOfMemory) kind = "memory";
  } else if (lua_type(L, 1) == LUA_TTABLE) {
    text = RawText(L, "message");
    if (TagOf(L, 1) == Tag::kApiError) {
      kind = "api";
      status = RawInteger(L, "status");
      if (const std::string_view whole = RawText(L, "text"); !whole.empty()) text = whole;
    } else if (RawTrue(L, "expected")) {
      kind = "expected";
    }
  }
  const char* type = luaL_typename(L, 1);
  Contain(context.problem, [&] {
    context.failure.message = text.empty()
                                  ? fmt::format("the report raised a {} without a message", type)
                                  : OneLine(text);
    if (kind != nullptr) context.failure.kind = kind;
    context.failure.status = status;
  });
  return 0;
}

// Stores the text at the top as the traceback; pops it.
void StoreTraceback(lua_State* L) {
  size_t length = 0;
  const char* text = lua_tolstring(L, -1, &length);
  RunContext& context = ContextOf(L);
  Contain(context.problem, [&] {
    context.traceback = Truncate(ToUtf8({text, std::min(length, kMaxTraceback)}), kMaxTraceback);
  });
  lua_pop(L, 1);
}

int TracebackOf(lua_State* L) {
  luaL_traceback(L, static_cast<lua_State*>(lua_touserdata(L, 1)), nullptr, 0);
  StoreTraceback(L);
  return 0;
}

}  // namespace

int KeepTraceback(lua_State* L) {
  ContextOf(L).traceback.clear();
  luaL_traceback(L, L, nullptr, 1);
  StoreTraceback(L);
  return 1;
}

void KeepTracebackOf(lua_State* L, lua_State* coroutine) {
  ContextOf(L).traceback.clear();
  if (lua_checkstack(L, 3) == 0) return;
  lua_pushcfunction(L, TracebackOf);
  lua_pushlightuserdata(L, coroutine);
  if (lua_pcall(L, 1, 0, 0) != LUA_OK) lua_pop(L, 1);
}

sdk::ReportFailure TakeFailure(lua_State* L, int status, const char* kind) {
  if (status == LUA_ERRMEM) {
    lua_pop(L, 1);
    return MakeFailure("memory", kOutOfMemory);
  }
  RunContext& context = ContextOf(L);
  context.failure = MakeFailure(kind, "the report failed and its error cannot be read");
  lua_pushcfunction(L, Describe);
  lua_insert(L, -2);
  if (lua_pcall(L, 1, 0, 0) != LUA_OK) lua_pop(L, 1);
  if (!context.traceback.empty()) {
    context.failure.traceback = context.failure.message + "\n" + context.traceback;
  }
  return std::move(context.failure);
}

sdk::ReportFailure MakeFailure(std::string kind, std::string_view text) {
  sdk::ReportFailure failure;
  failure.kind = std::move(kind);
  failure.message = OneLine(text);
  return failure;
}

}  // namespace carrel::lua
