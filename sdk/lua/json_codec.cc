#include "sdk/lua/json_codec.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <lua.hpp>

#include "runtime/base/text.h"
#include "sdk/lua/lua_state.h"
#include "sdk/lua/run_context.h"
#include "sdk/render/json_writer.h"
#include "sdk/render/number_text.h"

namespace carrel::lua {
namespace {

constexpr int kMaxDepth = 200;

void CheckDepth(lua_State* L, int depth) {
  if (depth > kMaxDepth) luaL_error(L, "JSON value is nested deeper than %d levels", kMaxDepth);
  luaL_checkstack(L, 8, "JSON value is nested too deeply");
}

void PushUnsigned(lua_State* L, uint64_t value) {
  if (value <= static_cast<uint64_t>(std::numeric_limits<lua_Integer>::max())) {
    lua_pushinteger(L, static_cast<lua_Integer>(value));
  } else {
    lua_pushnumber(L, static_cast<lua_Number>(value));
  }
}

// No iterator of nlohmann's has a destructor that matters: a Lua error may leave from here.
template <typename AnyJson>
void PushValue(lua_State* L, const AnyJson& value, int depth) {
  using Type = typename AnyJson::value_t;
  CheckDepth(L, depth);
  switch (value.type()) {
    case Type::boolean:
      return lua_pushboolean(L, value.template get<bool>() ? 1 : 0);
    case Type::number_integer:
      return lua_pushinteger(L, value.template get<int64_t>());
    case Type::number_unsigned:
      return PushUnsigned(L, value.template get<uint64_t>());
    case Type::number_float:
      return lua_pushnumber(L, value.template get<double>());
    case Type::string: {
      const auto& text = value.template get_ref<const typename AnyJson::string_t&>();
      lua_pushlstring(L, text.data(), text.size());
      return;
    }
    case Type::array: {
      lua_createtable(L, static_cast<int>(std::min<size_t>(value.size(), 1 << 20)), 0);
      lua_Integer position = 0;
      for (const auto& element : value) {
        PushValue(L, element, depth + 1);
        lua_rawseti(L, -2, ++position);
      }
      PushTag(L, Tag::kArray);
      lua_setmetatable(L, -2);
      return;
    }
    case Type::object:
      lua_createtable(L, 0, static_cast<int>(std::min<size_t>(value.size(), 1 << 20)));
      for (auto it = value.begin(); it != value.end(); ++it) {
        if (it->is_null()) continue;
        lua_pushlstring(L, it.key().data(), it.key().size());
        PushValue(L, *it, depth + 1);
        lua_rawset(L, -3);
      }
      return;
    default:
      return lua_pushlightuserdata(L, nullptr);
  }
}

void AppendText(std::string& out, std::string_view text) {
  if (IsUtf8(text)) {
    render::AppendJsonString(out, text);
  } else {
    render::AppendJsonString(out, ToUtf8(text));
  }
}

void EncodeValue(lua_State* L, int index, int depth);

// What a table is in JSON.
struct Layout {
  bool array = false;
  lua_Integer length = 0;
};

// Whether the top two are the field `n` with a length, as table.pack makes it.
bool IsLength(lua_State* L) {
  return lua_type(L, -2) == LUA_TSTRING && std::string_view(lua_tostring(L, -2)) == "n" &&
         lua_isinteger(L, -1) != 0 && lua_tointeger(L, -1) >= 0;
}

// Arrays are tables marked by carrel.array and tables whose keys are all positive integers without
// wide gaps, beside them perhaps their length `n`; every other table, the empty one too, is an
// object.
Layout LayoutOf(lua_State* L, int index) {
  const bool marked = TagOf(L, index) == Tag::kArray;
  lua_Integer count = 0;
  lua_Integer highest = 0;
  lua_Integer n = -1;
  for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
    if (lua_isinteger(L, -2) != 0 && lua_tointeger(L, -2) >= 1) {
      highest = std::max(highest, lua_tointeger(L, -2));
      ++count;
    } else if (IsLength(L)) {
      n = lua_tointeger(L, -1);
    } else {
      if (marked) luaL_error(L, "an array for JSON has a key that is no position");
      lua_pop(L, 2);
      return {};
    }
  }
  const lua_Integer length = n >= 0 ? n : highest;
  const bool dense = IsDense(length, count);
  if (marked && !dense) luaL_error(L, "an array for JSON has too many holes");
  return {.array = dense && (marked || count > 0), .length = length};
}

void EncodeArray(lua_State* L, int index, lua_Integer length, int depth) {
  RunContext& context = ContextOf(L);
  std::string& out = context.text;
  out += '[';
  for (lua_Integer i = 1; i <= length; ++i) {
    if (depth == 0) context.column = i;
    if (i > 1) out += ',';
    lua_rawgeti(L, index, i);
    EncodeValue(L, lua_gettop(L), depth + 1);
    lua_pop(L, 1);
  }
  out += ']';
}

void CollectKeys(lua_State* L, int index) {
  auto& keys = ContextOf(L).keys;
  lua_pushnil(L);
  while (lua_next(L, index) != 0) {
    lua_pop(L, 1);
    if (lua_type(L, -1) == LUA_TSTRING) {
      size_t length = 0;
      const char* text = lua_tolstring(L, -1, &length);
      keys.push_back({.text = {text, length}, .integer = 0, .is_integer = false});
    } else if (lua_isinteger(L, -1) != 0) {
      keys.push_back({.text = {}, .integer = lua_tointeger(L, -1), .is_integer = true});
    } else {
      luaL_error(L, "a %s cannot be a key in JSON", luaL_typename(L, -1));
    }
  }
}

// Members in the order of their keys: Lua tables have no order of their own, and a report should
// write the same bytes each time.
void EncodeObject(lua_State* L, int index, int depth) {
  RunContext& context = ContextOf(L);
  const size_t first = context.keys.size();
  CollectKeys(L, index);
  std::sort(context.keys.begin() + static_cast<std::ptrdiff_t>(first), context.keys.end(),
            [](const JsonKey& a, const JsonKey& b) {
              if (a.is_integer != b.is_integer) return a.is_integer;
              return a.is_integer ? a.integer < b.integer : a.text < b.text;
            });
  const size_t last = context.keys.size();
  context.text += '{';
  for (size_t i = first; i < last; ++i) {
    const JsonKey key = context.keys[i];
    if (i > first) context.text += ',';
    if (key.is_integer) {
      context.text.append(1, '"').append(std::to_string(key.integer)).append(1, '"');
      lua_pushinteger(L, key.integer);
    } else {
      AppendText(context.text, key.text);
      lua_pushlstring(L, key.text.data(), key.text.size());
    }
    context.text += ':';
    lua_rawget(L, index);
    EncodeValue(L, lua_gettop(L), depth + 1);
    lua_pop(L, 1);
  }
  context.keys.resize(first);
  context.text += '}';
}

void EncodeTable(lua_State* L, int index, int depth) {
  const Tag tag = TagOf(L, index);
  if (tag == Tag::kDate || tag == Tag::kDateTime || tag == Tag::kDecimal) {
    lua_rawgeti(L, index, tag == Tag::kDecimal ? 1 : 4);  // their text
    size_t length = 0;
    const char* text = luaL_checklstring(L, -1, &length);
    AppendText(ContextOf(L).text, {text, length});
    lua_pop(L, 1);
    return;
  }
  if (const Layout layout = LayoutOf(L, index); layout.array) {
    EncodeArray(L, index, layout.length, depth);
  } else {
    EncodeObject(L, index, depth);
  }
}

void EncodeValue(lua_State* L, int index, int depth) {
  CheckDepth(L, depth);
  std::string& out = ContextOf(L).text;
  switch (lua_type(L, index)) {
    case LUA_TNIL:
      out += "null";
      return;
    case LUA_TBOOLEAN:
      out += lua_toboolean(L, index) != 0 ? "true" : "false";
      return;
    case LUA_TNUMBER:
      if (lua_isinteger(L, index) != 0) {
        char digits[24];
        out.append(digits,
                   std::to_chars(digits, digits + sizeof(digits), lua_tointeger(L, index)).ptr);
      } else {
        render::AppendJsonFloat(out, lua_tonumber(L, index));
      }
      return;
    case LUA_TSTRING: {
      size_t length = 0;
      const char* text = lua_tolstring(L, index, &length);
      AppendText(out, {text, length});
      return;
    }
    case LUA_TTABLE:
      return EncodeTable(L, index, depth);
    case LUA_TLIGHTUSERDATA:
      if (lua_touserdata(L, index) == nullptr) {
        out += "null";
        return;
      }
      [[fallthrough]];
    default:
      luaL_error(L, "a %s has no form in JSON", luaL_typename(L, index));
  }
}

}  // namespace

bool IsDense(int64_t length, int64_t count) { return length / 2 <= count + 8; }

void PushJson(lua_State* L, const Json& value) { PushValue(L, value, 0); }
void PushJson(lua_State* L, const OrderedJson& value) { PushValue(L, value, 0); }

void EncodeJson(lua_State* L, int index) {
  RunContext& context = ContextOf(L);
  context.keys.clear();
  context.column = 0;
  bool out_of_memory = false;
  try {
    EncodeValue(L, lua_absindex(L, index), 0);
  } catch (const std::bad_alloc&) {
    out_of_memory = true;
  }
  if (out_of_memory) luaL_error(L, "not enough memory");
}

}  // namespace carrel::lua
