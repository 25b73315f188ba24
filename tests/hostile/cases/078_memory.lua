-- 078 memory, by every way there is to ask for it
-- expect: ok
-- uninstrumented: what it asks for must fit below the limit of memory, and just so
-- limits: memory_mb=64
local probe = require "probe"

local memory = "not enough memory"
local ways = {
  { "rep", "resulting string too large", function() return ("x"):rep(1 << 31) end },
  { "rep of a gibibyte", memory, function() return ("x"):rep(1 << 30) end },
  { "mebibytes", memory, function()
    local t = {}
    for i = 1, 100000 do t[i] = ("x"):rep(1 << 20) end
  end },
  { "concat", memory, function()
    local t = {}
    for i = 1, 40000 do t[i] = ("x"):rep(1 << 16) end
    return table.concat(t)
  end },
  { "doubling", memory, function() local s = "x" while true do s = s .. s end end },
  { "tables", memory, function() local t = {} for i = 1, 1e9 do t[i] = { i } end end },
  { "gsub", memory, function()
    local s = ("x"):rep(1 << 16)
    return s:gsub("x", ("y"):rep(1 << 16))
  end },
  { "format", "", function() return ("%99999999999d"):format(1) end },
  { "coroutines", memory, function()
    local t = {}
    for i = 1, 1e9 do t[i] = coroutine.create(function() end) coroutine.resume(t[i]) end
  end },
}

return { generate = function()
  local rows = {}
  for _, way in ipairs(ways) do
    local row = probe.fails(way[1], way[2], way[3])
    rows[#rows + 1] = { row[1], #row[2] > 0 }
  end
  return rows
end }
