-- 267 orders that are none and dates that are none
-- expect: ok
-- Comparators that lie ran quicksort out of its array (CVE-2014-5461 is of that kind), and
-- os.date and os.time gave formats and fields to the C library unchecked.
local probe = require "probe"

local M = {}

function M.generate(client, input_data)
  local rows = {}
  local function list(n) local t = {} for i = 1, n do t[i] = (i * 7919) % 1000 end return t end
  local liars = {
    always = function() return true end,
    never = function() return false end,
    random = function() return math.random() < 0.5 end,
    less_or_equal = function(a, b) return a <= b end,
  }
  for name, liar in pairs(liars) do
    local t = list(1000)
    local ok, message = pcall(table.sort, t, liar)
    assert(ok or message:find("invalid order function") or message:find("attempt to compare"), message)
    local count = 0
    for _ in pairs(t) do count = count + 1 end
    assert(count == 1000, name)
    rows[#rows + 1] = { name, "as many as before" }
  end
  local t = list(500)
  pcall(table.sort, t, function(a, b) for i = 1, 500 do t[i] = nil end return a < b end)
  rows[#rows + 1] = { "emptied while sorted", #t <= 500 }
  rows[#rows + 1] = probe.fails("mixed", "attempt to compare", table.sort, { 1, "a", {} })
  rows[#rows + 1] = probe.fails("huge length", "array too big", table.sort,
    setmetatable({}, { __len = function() return math.maxinteger end }))
  for _, f in ipairs { "%Ez", "%", "%Q", "%E", "%O", "%-d", "%1000d", "%\0", "%Ey%Oy%J", "%v" } do
    local ok, text = pcall(os.date, f)
    assert(ok or tostring(text):find("invalid conversion specifier"), tostring(text))
    rows[#rows + 1] = { f:gsub("%c", "?"), ok }
  end
  local long = os.date(("%c"):rep(20000))
  assert(#long > 100000)
  rows[#rows + 1] = { "long format", "%c 20000 times" }
  rows[#rows + 1] = probe.fails("far away", "cannot be represented", os.date, "*t", 1 << 60)
  rows[#rows + 1] = probe.fails("year", "out%-of%-bound", os.time, { year = 1 << 40, month = 1, day = 1 })
  rows[#rows + 1] = probe.fails("no day", "missing", os.time, { year = 2000, month = 1 })
  rows[#rows + 1] = probe.fails("fraction", "not an integer", os.time, { year = 2000.5, month = 1, day = 1 })
  table.sort(rows, function(a, b) return tostring(a[1]) < tostring(b[1]) end)
  return rows
end

return M
