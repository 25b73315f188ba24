-- 083 nesting and recursion end in errors
-- expect: ok
local probe = require "probe"

local function deeper() return 1 + deeper() end
local function nested(n) return coroutine.wrap(function() return nested(n + 1) end)() end

return { generate = function()
  local rows = {
    probe.fails("recursion", "stack overflow", deeper),
    probe.fails("coroutines", "overflow", nested, 1),
    probe.fails("metamethods", "overflow", function()
      local t = {}
      setmetatable(t, { __index = function(self, k) return self[k .. "x"] end })
      return t.x
    end),
    probe.fails("a chain", "", function()
      local t = {}
      setmetatable(t, { __index = t })
      return t.x
    end),
    probe.fails("gsub", "overflow", function()
      local function f() return (("x"):gsub("x", f)) end
      return f()
    end),
    probe.fails("sort", "", function()
      table.sort({ 3, 1, 2, 5, 4 }, function() return deeper() end)
    end),
    probe.fails("pattern", "too complex", string.find, ("a"):rep(300), ("a?"):rep(300) .. "b"),
    probe.fails("captures", "too many captures", string.find, ("a"):rep(300), ("(a"):rep(300)),
  }
  for name, text in pairs { parentheses = ("("):rep(1000000), tables = ("{"):rep(1000000),
    functions = "return " .. ("function() return "):rep(1000000), unary = ("- "):rep(1000000),
    concatenations = "return " .. ("'x'.."):rep(1000000) .. "'x'" } do
    local f, message = load(name == "functions" and text or "return " .. text)
    if f then error(name .. " was compiled") end
    rows[#rows + 1] = { name, #message < 500 }
  end
  return rows
end }
