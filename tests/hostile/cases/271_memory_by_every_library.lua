-- 271 memory by every library
-- expect: ok|memory_limit|cpu_limit
-- limits: memory_mb=64 cpu_s=5
-- within: 60
-- CVE-2024-31228-like growth: each function that makes text or tables, told to make too much.
-- Each is "not enough memory", after which the report goes on.
local M = {}

function M.generate(client, input_data)
  local rows = {}
  local function full(what, f)
    local ok, message = pcall(f)
    assert(not ok, what .. " succeeded")
    assert(tostring(message):find("memory") or tostring(message):find("too large")
      or tostring(message):find("too many") or tostring(message):find("overflow"), what .. ": " .. tostring(message))
    rows[#rows + 1] = { what, "refused" }
    collectgarbage("count")
  end
  full("rep", function() return ("x"):rep(1 << 30) end)
  full("doubling", function() local s = "x" while true do s = s .. s end end)
  full("table", function() local t = {} while true do t[#t + 1] = #t end end)
  full("hash", function() local t = {} for i = 1, math.huge do t[i .. ""] = i end end)
  full("concat", function()
    local t = {}
    for i = 1, 1000 do t[i] = ("x"):rep(1 << 16) end
    return table.concat(t, ("y"):rep(1 << 16))
  end)
  full("gsub", function() return (("x"):rep(1 << 20):gsub("x", ("y"):rep(1 << 12))) end)
  full("format", function() return ("%s%s%s%s"):format(("x"):rep(1 << 25), ("y"):rep(1 << 25), "", "") end)
  full("pack", function() return table.pack(("x"):rep(1 << 22):byte(1, -1)) end)
  full("strings", function() local t = {} for i = 1, math.huge do t[i] = ("x"):rep(1000) .. i end end)
  full("closures", function() local t = {} for i = 1, math.huge do t[i] = function() return i end end end)
  full("coroutines", function() local t = {} for i = 1, math.huge do t[i] = coroutine.create(print) end end)
  full("upper", function() local s = ("x"):rep(40 << 20) return s:upper() .. s:lower() end)
  full("chunks", function() local t = {} for i = 1, math.huge do t[i] = load("return " .. i) end end)
  return rows
end

return M
