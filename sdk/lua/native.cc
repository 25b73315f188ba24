#include "sdk/lua/native.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <lua.hpp>
#include <string_view>

#include "sdk/lua/json_codec.h"
#include "sdk/lua/lua_state.h"
#include "sdk/lua/run_context.h"

namespace carrel::lua {
namespace {

const char kContextTags = 0;  // its address is the registry key of the table of tag metatables

constexpr std::array<const char*, static_cast<size_t>(Tag::kCount)> kTagNames = {
    "", "array", "date", "datetime", "decimal", "api_error"};

std::string_view OptionalText(lua_State* L, int index) {
  size_t length = 0;
  const char* text = luaL_optlstring(L, index, "", &length);
  return {text, length};
}

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string_view Header(const sdk::ApiReply& reply, std::string_view name) {
  for (const auto& [key, value] : reply.headers) {
    if (EqualIgnoringCase(key, name)) return value;
  }
  return {};
}

// Pushes the reply's body: decoded when it is JSON, else as text; nil when there is none.
void PushBody(lua_State* L) {
  RunContext& context = ContextOf(L);
  const std::string& body = context.reply.body;
  const bool json = Header(context.reply, "Content-Type").find("json") != std::string_view::npos ||
                    body.starts_with('{') || body.starts_with('[');
  bool decoded = false;
  if (json) {
    Contain(context.problem, [&] {
      auto parsed = ParseJson(body);
      decoded = parsed.has_value();
      if (decoded) context.decoded = std::move(*parsed);
    });
  }
  if (decoded) {
    PushJson(L, context.decoded);
    context.decoded = nullptr;
  } else if (body.empty()) {
    lua_pushnil(L);
  } else {
    lua_pushlstring(L, body.data(), body.size());
  }
}

int Call(lua_State* L) {
  const std::string_view connection = OptionalText(L, 1);
  const std::string_view method(luaL_checkstring(L, 2));
  const std::string_view path(luaL_checkstring(L, 3));
  const std::string_view query = OptionalText(L, 4);
  const bool has_body = !lua_isnoneornil(L, 5);
  const std::string_view body = OptionalText(L, 5);
  RunContext& context = ContextOf(L);
  bool answered = false;
  Contain(context.problem, [&] {
    sdk::ApiCall call{.connection = std::string(connection),
                      .method = std::string(method),
                      .path = std::string(path),
                      .query = std::string(query),
                      .headers = {},
                      .body = std::string(body)};
    call.headers["Accept"] = "application/json";
    if (has_body) call.headers["Content-Type"] = "application/json";
    auto reply = context.port->Call(call);
    answered = reply.has_value();
    if (answered) {
      context.reply = std::move(*reply);
    } else {
      context.problem = reply.error().message;
    }
  });
  if (!answered) {
    lua_pushnil(L);
    lua_pushlstring(L, context.problem.data(), context.problem.size());
    return 2;
  }
  lua_pushinteger(L, context.reply.status);
  PushBody(L);
  const std::string_view range = Header(context.reply, "Content-Range");
  lua_pushlstring(L, range.data(), range.size());
  std::string().swap(context.reply.body);
  return 3;
}

int Encode(lua_State* L) {
  luaL_checkany(L, 1);
  RunContext& context = ContextOf(L);
  context.text.clear();
  EncodeJson(L, 1);
  lua_pushlstring(L, context.text.data(), context.text.size());
  return 1;
}

int Decode(lua_State* L) {
  size_t length = 0;
  const char* text = luaL_checklstring(L, 1, &length);
  RunContext& context = ContextOf(L);
  bool decoded = false;
  Contain(context.problem, [&] {
    auto parsed = ParseJson({text, length});
    decoded = parsed.has_value();
    if (decoded) {
      context.decoded = std::move(*parsed);
    } else {
      context.problem = parsed.error().message;
    }
  });
  if (!decoded) {
    lua_pushnil(L);
    lua_pushlstring(L, context.problem.data(), context.problem.size());
    return 2;
  }
  PushJson(L, context.decoded);
  context.decoded = nullptr;
  return 1;
}

int Progress(lua_State* L) {
  const lua_Number value = luaL_checknumber(L, 1);
  const lua_Number max = luaL_checknumber(L, 2);
  RunContext& context = ContextOf(L);
  if (std::isfinite(value) && std::isfinite(max)) {
    Contain(context.problem, [&] { context.port->Progress(value, max); });
  }
  return 0;
}

// No renderer of rows reads extra context; the value is checked so that a mistake shows at once.
int ExtraContext(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  ContextOf(L).text.clear();
  EncodeJson(L, 1);
  return 0;
}

int SetTag(lua_State* L) {
  const char* name = luaL_checkstring(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  const auto* found = std::ranges::find(kTagNames, std::string_view(name));
  if (found == kTagNames.end()) return luaL_error(L, "unknown tag '%s'", name);
  RegisterTag(L, static_cast<Tag>(found - kTagNames.begin()));
  return 0;
}

}  // namespace

RunContext& ContextOf(lua_State* L) { return **static_cast<RunContext**>(lua_getextraspace(L)); }

void SetContext(lua_State* L, RunContext& context) {
  *static_cast<RunContext**>(lua_getextraspace(L)) = &context;
}

Tag TagOf(lua_State* L, int index) {
  if (lua_getmetatable(L, index) == 0) return Tag::kNone;
  Tag found = Tag::kNone;
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &kContextTags) == LUA_TTABLE) {
    for (int tag = 1; tag < static_cast<int>(Tag::kCount) && found == Tag::kNone; ++tag) {
      lua_rawgeti(L, -1, tag);
      if (lua_rawequal(L, -1, -3) != 0) found = static_cast<Tag>(tag);
      lua_pop(L, 1);
    }
  }
  lua_pop(L, 2);
  return found;
}

TagIdentities IdentitiesOfTags(lua_State* L) {
  TagIdentities identities{};
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &kContextTags) == LUA_TTABLE) {
    for (size_t tag = 1; tag < identities.size(); ++tag) {
      lua_rawgeti(L, -1, static_cast<lua_Integer>(tag));
      identities.at(tag) = lua_topointer(L, -1);
      lua_pop(L, 1);
    }
  }
  lua_pop(L, 1);
  return identities;
}

void RegisterTag(lua_State* L, Tag tag) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &kContextTags) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_createtable(L, static_cast<int>(Tag::kCount), 0);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &kContextTags);
  }
  lua_insert(L, -2);
  lua_rawseti(L, -2, static_cast<int>(tag));
  lua_pop(L, 1);
}

void PushTag(lua_State* L, Tag tag) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &kContextTags);
  lua_rawgeti(L, -1, static_cast<int>(tag));
  lua_remove(L, -2);
}

void PushNative(lua_State* L) {
  constexpr std::array<luaL_Reg, 7> kFunctions = {{{"call", Call},
                                                   {"encode", Encode},
                                                   {"decode", Decode},
                                                   {"progress", Progress},
                                                   {"extra_context", ExtraContext},
                                                   {"tag", SetTag},
                                                   {}}};
  lua_createtable(L, 0, 8);
  luaL_setfuncs(L, kFunctions.data(), 0);
  lua_pushlightuserdata(L, nullptr);
  lua_setfield(L, -2, "null");
}

}  // namespace carrel::lua
