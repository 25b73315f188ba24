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

void SetText(render::Cell& cell, render::CellKind kind, std::string_view text) {
  cell.kind = kind;
  cell.text = text;
}

// A value that is no cell; its type is all there is to say of it.
void SetOther(render::Cell& cell, std::string_view type) {
  SetText(cell, render::CellKind::kOther, type);
  cell.type_name = type;
}

}  // namespace

Result<render::Row> RowReader::Read(lua_State* L) {
  repaired_.clear();
  if (lua_type(L, -1) != LUA_TTABLE || TagOf(L, -1) > Tag::kArray) {
    return Fail(Code::kInvalid,
                fmt::format("is a {}, expected a table of cells", luaL_typename(L, -1)));
  }
  if (lua_checkstack(L, LUA_MINSTACK) == 0) return Fail(Code::kLimit, "not enough memory");
  if (ReadSequence(L)) return render::Row(cells_);
  repaired_.clear();
  CARREL_ASSIGN_OR_RETURN(const int64_t length, Length(L));
  cells_.resize(static_cast<size_t>(length));
  for (int64_t i = 1; i <= length; ++i) {
    const int type = lua_rawgeti(L, -1, i);
    ReadCell(L, type, cells_[static_cast<size_t>(i - 1)]);
    lua_pop(L, 1);
  }
  return render::Row(cells_);
}

// The usual row: its keys are the positions from 1 on, in this order, without a hole. False for any
// other table.
bool RowReader::ReadSequence(lua_State* L) {
  size_t count = 0;
  for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
    const lua_Integer position = lua_isinteger(L, -2) != 0 ? lua_tointeger(L, -2) : 0;
    if (position != static_cast<lua_Integer>(count) + 1 || position > kMaxCells) {
      lua_pop(L, 2);
      return false;
    }
    if (count == cells_.size()) cells_.emplace_back();
    ReadCell(L, lua_type(L, -1), cells_[count++]);
  }
  cells_.resize(count);
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

void RowReader::ReadCell(lua_State* L, int type, render::Cell& cell) {
  using render::CellKind;
  switch (type) {
    case LUA_TNIL:
      cell.kind = CellKind::kNone;
      return;
    case LUA_TBOOLEAN:
      cell.kind = CellKind::kBool;
      cell.integer = lua_toboolean(L, -1);
      return;
    case LUA_TNUMBER:
      if (lua_isinteger(L, -1) != 0) {
        cell.kind = CellKind::kInteger;
        cell.integer = lua_tointeger(L, -1);
      } else {
        cell.kind = CellKind::kFloat;
        cell.number = lua_tonumber(L, -1);
      }
      return;
    case LUA_TSTRING:
      return SetText(cell, CellKind::kText, Text(L, -1));
    case LUA_TTABLE:
      return ReadTable(L, cell);
    case LUA_TLIGHTUSERDATA:
      if (lua_touserdata(L, -1) == nullptr) {  // carrel.null
        cell.kind = CellKind::kNone;
        return;
      }
      [[fallthrough]];
    default:
      return SetOther(cell, luaL_typename(L, -1));
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
void RowReader::ReadTable(lua_State* L, render::Cell& cell) {
  using render::CellKind;
  const Tag tag = TagOfTop(L);
  SetOther(cell, "table");
  if (tag != Tag::kDate && tag != Tag::kDateTime && tag != Tag::kDecimal) return;
  lua_rawgeti(L, -1, 1);
  if (tag == Tag::kDecimal) {
    // The string stays alive in its table, which the row holds.
    if (lua_type(L, -1) == LUA_TSTRING) SetText(cell, CellKind::kDecimal, Text(L, -1));
    lua_pop(L, 1);
    return;
  }
  lua_rawgeti(L, -2, 2);
  lua_rawgeti(L, -3, 3);
  const lua_Integer offset = lua_isinteger(L, -1) != 0 ? lua_tointeger(L, -1) : 0;
  if (lua_isinteger(L, -3) != 0 && offset > -1440 && offset < 1440) {
    cell.kind = tag == Tag::kDate ? CellKind::kDate : CellKind::kDateTime;
    cell.with_zone = lua_toboolean(L, -2) != 0;
    cell.offset_minutes = static_cast<int16_t>(offset);
    cell.micros = lua_tointeger(L, -3);
  }
  lua_pop(L, 3);
}

std::string_view RowReader::Text(lua_State* L, int index) {
  size_t length = 0;
  const char* bytes = lua_tolstring(L, index, &length);
  const std::string_view text(bytes, length);
  if (IsUtf8(text)) return text;
  return repaired_.emplace_back(ToUtf8(text));
}

}  // namespace carrel::lua
