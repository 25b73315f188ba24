-- 265 recursion through metamethods and patterns
-- expect: ok
-- CVE-2021-43519, CVE-2022-33099 and CVE-2020-15888: recursion that the C stack pays for, and
-- errors in the handler of an error. Each ends as an error of Lua; the process stays.
local probe = require "probe"

local M = {}

function M.generate(client, input_data)
  local rows = {}
  local function ends(what, pattern, f, ...) rows[#rows + 1] = { probe.fails(what, pattern, f, ...)[1] } end
  local text = setmetatable({}, {})
  getmetatable(text).__tostring = function(self) return tostring(self) end
  ends("tostring", "overflow", tostring, text)
  local indexed = setmetatable({}, {})
  getmetatable(indexed).__index = function(self, k) return self[k .. "x"] end
  ends("index", ".", function() return indexed.x end)
  local chain = {}
  for i = 1, 3000 do chain = setmetatable({}, { __index = chain }) end
  ends("chain of tables", "loop", function() return chain.x end)
  local cycle = {}
  setmetatable(cycle, { __index = cycle, __newindex = cycle })
  ends("cycle", "loop", function() return cycle.x end)
  ends("cycle of assignments", "loop", function() cycle.x = 1 end)
  local joined = setmetatable({}, {})
  getmetatable(joined).__concat = function(a, b) return a .. b end
  ends("concat", "overflow", function() return joined .. joined end)
  local equal = { __eq = function(a, b) return a == b end }
  ends("equality", "overflow", function() return setmetatable({}, equal) == setmetatable({}, equal) end)
  local sized = setmetatable({}, {})
  getmetatable(sized).__len = function(self) return #self end
  ends("length", "overflow", function() return #sized end)
  local function substitute() return (("x"):gsub("x", substitute)) end
  ends("gsub", "overflow", substitute)
  local function sort() table.sort({ 3, 2, 1 }, function() sort() return false end) end
  ends("sort", "overflow", sort)
  local function resume() return coroutine.wrap(resume)() end
  ends("coroutines", "overflow", resume)
  local function loading() return load(loading)() end
  ends("load", ".", loading)
  local function nested() return pcall(nested) end
  rows[#rows + 1] = { "pcall", type(nested()) }
  local function handler(message) return handler(message) .. handler(message) end
  local ok, message = xpcall(function() error("x") end, handler)
  assert(not ok)
  rows[#rows + 1] = { "handler", tostring(message):sub(1, 40) }
  local function overflow() return 1 + overflow() end
  ok, message = xpcall(overflow, function(m) return overflow() end)
  assert(not ok)
  rows[#rows + 1] = { "overflow in a handler", tostring(message):sub(1, 40) }
  ends("pattern", "too complex", string.find, ("a"):rep(300000), (".-"):rep(300000) .. "b")
  return rows
end

return M
