-- 261 widths and lengths of formats
-- expect: ok
-- CVE-2024-31449 (Redis, bit.tohex) and CVE-2021-32626: a width that was trusted overran the
-- stack. string.format, pack and rep with every number that is too large.
local probe = require "probe"

local M = {}

function M.generate(client, input_data)
  local rows = {}
  local function refused(what, pattern, f, ...) rows[#rows + 1] = probe.fails(what, pattern, f, ...) end
  for _, f in ipairs { "%99999d", "%100d", "%.100f", "%00000000000000000000000000999d", "%-+ #0123d", "%.2147483648d",
    "%5.5.5d", "%ll", "%n", "%", "%y", "%p" } do
    refused(f, "invalid", string.format, f, 1)
  end
  assert(#string.format("%99.99f", 1e308) == 409, #string.format("%99.99f", 1e308))
  assert(string.format("%a", 0 / 0):find("nan"))
  refused("%s of a zero", "contains zeros", string.format, "%5.5s", "a\0b")
  refused("%q with a width", "cannot have modifiers", string.format, "%10q", "x")
  refused("rep", "too large", string.rep, "x", math.maxinteger)
  refused("rep with a separator", "too large", string.rep, "", math.maxinteger, "xx")
  refused("rep that wraps", "too large", string.rep, "xxxx", 1 << 62)
  refused("pack i17", "out of limits", string.pack, "i17", 1)
  refused("pack !32", "out of limits", string.pack, "!32 i4", 1)
  refused("pack i99999999999", "out of limits", string.pack, "i99999999999", 1)
  refused("pack c without size", "missing size", string.pack, "c", "x")
  refused("pack c huge", ".", string.pack, "c2147483000", "x", "y")
  refused("packsize that wraps", "too large", string.packsize, ("c2147483000"):rep(2))
  refused("unpack behind the end", ".", string.unpack, "i8", "1234", math.maxinteger)
  refused("unpack before the start", ".", string.unpack, "i8", "1234", math.mininteger)
  refused("unpack s8 that lies", "too short", string.unpack, "s8", ("\255"):rep(8))
  refused("unpack z without end", "unfinished", string.unpack, "z", "abc")
  return rows
end

return M
