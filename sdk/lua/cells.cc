#include "sdk/lua/cells.h"

#include <fmt/format.h>

#include <algorithm>
#include <lua.hpp>
#include <utility>

#include "runtime/base/text.h"
#include "sdk/lua/run_context.h"

namespace carrel::lua {
namespace {

constexpr int64_t kMaxCells = 1'000'000;
constexpr lua_Unsigned kMaxSequence = 1'000;  // cells that are on the stack at once

struct Keys {
  int64_t highest = 0;
  int64_t n = -1;  // the field `n`
  bool named = false;
};

Keys ScanKeys(lua_State* L, int table) {
  Keys keys;
  lua_pushnil(L);
  while (lua_next(L, table) != 0) {
    if (lua_isinteger(L, -2) != 0) {
      keys.highest = std::max<int64_t>(keys.highest, lua_tointeger(L, -2));
    } else if (lua_type(L, -2) == LUA_TSTRING && std::string_view(lua_tostring(L, -2)) == "n" &&
               lua_isinteger(L, -1) != 0) {
      keys.n = lua_tointeger(L, -1);
    } else {
      keys.named = true;
    }
    lua_pop(L, 1);
  }
  return keys;
}

render::Cell TextCell(render::CellKind kind, std::string_view text) {
  render::Cell cell;
  cell.kind = kind;
  cell.text = text;
  return cell;
}

// A value that is no cell; its type is all there is to say of it.
render::Cell OtherCell(std::string_view type) {
  render::Cell cell = TextCell(render::CellKind::kOther, type);
  cell.type_name = type;
  return cell;
}

}  // namespace

Result<render::Row> RowReader::Read(lua_State* L) {
  repaired_.clear();
  if (lua_type(L, -1) != LUA_TTABLE || TagOf(L, -1) > Tag::kArray) {
    return Fail(Code::kInvalid,
                fmt::format("is a {}, expected a table of cells", luaL_typename(L, -1)));
  }
  if (ReadSequence(L)) return render::Row(cells_);
  cells_.clear();
  repaired_.clear();
  if (lua_checkstack(L, LUA_MINSTACK) == 0) return Fail(Code::kLimit, "not enough memory");
  CARREL_ASSIGN_OR_RETURN(const int64_t length, Length(L));
  for (int64_t i = 1; i <= length; ++i) {
    const int type = lua_rawgeti(L, -1, i);
    cells_.push_back(ReadCell(L, type));
    lua_pop(L, 1);
  }
  return render::Row(cells_);
}

// The usual row: its keys are the positions from 1 on, without a hole. False for any other table.
bool RowReader::ReadSequence(lua_State* L) {
  const lua_Unsigned length = lua_rawlen(L, -1);
  if (length == 0 || length > kMaxSequence) return false;
  if (lua_checkstack(L, static_cast<int>(length) + LUA_MINSTACK) == 0) return false;
  const int table = lua_gettop(L);
  cells_.resize(length);
  bool complete = true;
  for (lua_Unsigned i = 0; i < length && complete; ++i) {
    const int type = lua_rawgeti(L, table, static_cast<lua_Integer>(i + 1));
    complete = type != LUA_TNIL;
    cells_[i] = ReadCell(L, type);
  }
  lua_settop(L, table);
  if (!complete) return false;
  // As many keys as positions: there is no other key.
  lua_Unsigned keys = 0;
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
    if (++keys <= length) continue;
    lua_settop(L, table);
    return false;
  }
  return true;
}

Result<int64_t> RowReader::Length(lua_State* L) const {
  const Keys keys = ScanKeys(L, lua_gettop(L));
  const int64_t length = keys.n >= 0 ? keys.n : keys.highest;
  if (length == 0 && keys.named) {
    return Fail(Code::kInvalid, "has named fields only, expected cells by position: {a, b, c}");
  }
  if (length > kMaxCells) {
    return Fail(Code::kInvalid,
                fmt::format("has {} cells, at most {} are possible", length, kMaxCells));
  }
  return length;
}

render::Cell RowReader::ReadCell(lua_State* L, int type) {
  using render::CellKind;
  switch (type) {
    case LUA_TNIL:
      return {};
    case LUA_TBOOLEAN:
      return {.kind = CellKind::kBool, .integer = lua_toboolean(L, -1)};
    case LUA_TNUMBER:
      if (lua_isinteger(L, -1) != 0) {
        return {.kind = CellKind::kInteger, .integer = lua_tointeger(L, -1)};
      }
      return {.kind = CellKind::kFloat, .number = lua_tonumber(L, -1)};
    case LUA_TSTRING:
      return TextCell(CellKind::kText, Text(L, -1));
    case LUA_TTABLE:
      return ReadTable(L);
    case LUA_TLIGHTUSERDATA:
      if (lua_touserdata(L, -1) == nullptr) return {};  // carrel.null
      [[fallthrough]];
    default:
      return OtherCell(luaL_typename(L, -1));
  }
}

// As TagOf, which looks the metatables up each time.
Tag RowReader::TagOfTop(lua_State* L) {
  if (!std::exchange(has_tags_, true)) tags_ = IdentitiesOfTags(L);
  if (lua_getmetatable(L, -1) == 0) return Tag::kNone;
  const void* const identity = lua_topointer(L, -1);
  lua_pop(L, 1);
  const auto found = std::find(tags_.begin() + 1, tags_.end(), identity);
  return found == tags_.end() ? Tag::kNone : static_cast<Tag>(found - tags_.begin());
}

// Dates are {micros, with_zone, offset_minutes, text}, decimals {text}. A report can reach into
// its own values, so nothing here trusts their types.
render::Cell RowReader::ReadTable(lua_State* L) {
  using render::CellKind;
  const Tag tag = TagOfTop(L);
  render::Cell cell = OtherCell("table");
  if (tag != Tag::kDate && tag != Tag::kDateTime && tag != Tag::kDecimal) return cell;
  lua_rawgeti(L, -1, 1);
  if (tag == Tag::kDecimal) {
    // The string stays alive in its table, which the row holds.
    if (lua_type(L, -1) == LUA_TSTRING) {
      cell = TextCell(CellKind::kDecimal, Text(L, -1));
    }
    lua_pop(L, 1);
    return cell;
  }
  lua_rawgeti(L, -2, 2);
  lua_rawgeti(L, -3, 3);
  const lua_Integer offset = lua_isinteger(L, -1) != 0 ? lua_tointeger(L, -1) : 0;
  if (lua_isinteger(L, -3) != 0 && offset > -1440 && offset < 1440) {
    cell = {.kind = tag == Tag::kDate ? CellKind::kDate : CellKind::kDateTime,
            .with_zone = lua_toboolean(L, -2) != 0,
            .offset_minutes = static_cast<int16_t>(offset),
            .micros = lua_tointeger(L, -3)};
  }
  lua_pop(L, 3);
  return cell;
}

std::string_view RowReader::Text(lua_State* L, int index) {
  size_t length = 0;
  const char* bytes = lua_tolstring(L, index, &length);
  const std::string_view text(bytes, length);
  if (IsUtf8(text)) return text;
  return repaired_.emplace_back(ToUtf8(text));
}

}  // namespace carrel::lua
