-- 082 the metatable that all strings share
-- expect: ok
-- runs: 2 equal
local probe = require "probe"

return { generate = function(client)
  local rows = {
    probe.fails("index", "", function() getmetatable("").__index = print end),
    probe.fails("setmetatable", "table expected", setmetatable, "", {}),
    probe.fails("rawset", "", function() rawset(getmetatable(""), "x", 1) end),
    { "getmetatable", tostring(getmetatable("")) },
    { "of the client", tostring(getmetatable(client)) },
    { "still", ("abc"):upper() },
  }
  -- The table of functions is this report's own and is new for the next one.
  if string.upper("abc") ~= "ABC" then error("another report changed it") end
  string.upper = function() return "evil" end
  return rows
end }
