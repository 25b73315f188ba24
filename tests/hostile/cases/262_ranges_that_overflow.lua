-- 262 ranges that overflow
-- expect: ok
-- CVE-2025-46817 (Redis, unpack): the size of a range computed as an int overflowed. Every
-- function of the libraries that takes a range, at both ends of the integers.
local probe = require "probe"

local M = {}

function M.generate(client, input_data)
  local lowest, highest = math.mininteger, math.maxinteger
  local rows = {}
  local function refused(what, pattern, f, ...) rows[#rows + 1] = probe.fails(what, pattern, f, ...) end
  refused("unpack", "too many results", table.unpack, {}, lowest, highest)
  refused("unpack int range", "too many results", table.unpack, {}, -(1 << 31), (1 << 31) - 1)
  refused("unpack wraps", "too many results", table.unpack, {}, 0, highest)
  refused("byte", "too long", string.byte, ("x"):rep(1 << 24), 1, -1)
  refused("codepoint", "too long", utf8.codepoint, ("x"):rep(1 << 24), 1, -1)
  refused("move wraps", "too many elements", table.move, {}, lowest, highest, 1)
  refused("move wraps at the end", "wrap around", table.move, {}, 1, 10, highest)
  refused("insert", "out of bounds", table.insert, {}, highest, 1)
  refused("insert before", "out of bounds", table.insert, {}, lowest, 1)
  refused("remove", "out of bounds", table.remove, {}, highest)
  refused("concat", "invalid value", table.concat, {}, "", highest - 1, highest)
  refused("random", "interval is empty", math.random, highest, lowest)
  refused("select", "out of range", select, lowest, 1)
  refused("char", "out of range", string.char, 256)
  refused("utf8.char", "out of range", utf8.char, 1 << 31)
  refused("utf8.offset", "out of bounds", utf8.offset, "x", 1, highest)
  refused("for step", "step is zero", load("for i = 1, 2, 0 do end"))
  refused("shift of a float", "no integer representation", load("return 1 << 2^63"))
  refused("modulo zero", "attempt to perform", load("return 1 % 0"))
  refused("division", "divide by zero", load("return 1 // 0"))
  assert(lowest // -1 == lowest and lowest % -1 == 0)
  assert(select("#", table.unpack({}, 1, 100)) == 100)
  assert(("x"):sub(lowest, highest) == "x" and ("x"):sub(highest, lowest) == "")
  local steps = 0
  for _ = highest - 1, highest do steps = steps + 1 end
  for _ = lowest, lowest + 1 do steps = steps + 1 end
  for _ = 1, highest, highest // 2 do steps = steps + 1 end
  assert(steps == 7, steps)
  rows[#rows + 1] = { "loops at the ends", steps }
  return rows
end

return M
