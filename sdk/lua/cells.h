// A row of a Lua report as the renderers take it.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "sdk/lua/run_context.h"
#include "sdk/render/cell.h"

struct lua_State;

namespace carrel::lua {

// Turns row tables into cells, without a copy of any valid text. Reused from row to row.
class RowReader {
 public:
  // The table at the top of the stack: positions 1 to its field `n` when that is an integer, else
  // to its highest position; holes are empty cells. The cells are valid while the table stays on
  // the stack and no Lua code runs. Never raises, calls no metamethod. kInvalid: not a table, or
  // a table without positions but with named fields, or over 1,000,000 cells.
  Result<render::Row> Read(lua_State* state);

 private:
  Result<int64_t> Length(lua_State* state) const;
  bool ReadSequence(lua_State* state);
  // Sets what a cell of its kind has from the value at the top, which is of `type`.
  void ReadCell(lua_State* state, int type, render::Cell& cell);
  void ReadTable(lua_State* state, render::Cell& cell);
  std::string_view Text(lua_State* state, int index);

  Tag TagOfTop(lua_State* state);

  TagIdentities tags_{};
  bool has_tags_ = false;
  std::vector<render::Cell> cells_;
  std::deque<std::string> repaired_;  // texts that were not UTF-8
};

}  // namespace carrel::lua
