-- 266 variables closed at bad times
-- expect: ok
-- Lua 5.4's own list of bugs: errors and yields in __close, coroutine.close of what runs, close
-- in the middle of an iteration.
local probe = require "probe"

local M = {}

function M.generate(client, input_data)
  local rows = {}
  local function closing(f) return setmetatable({}, { __close = f }) end
  local order = {}
  local ok, message = pcall(function()
    local a <close> = closing(function(_, e) order[#order + 1] = tostring(e) error("a", 0) end)
    local b <close> = closing(function(_, e) order[#order + 1] = tostring(e) error("b", 0) end)
    error("body", 0)
  end)
  assert(not ok and message == "a", tostring(message))
  assert(table.concat(order, " ") == "body b", table.concat(order, " "))
  rows[#rows + 1] = { "errors in __close", table.concat(order, " ") }
  local thread = coroutine.wrap(function()
    local x <close> = closing(function() coroutine.yield("from close") end)
    coroutine.yield("body")
    return "end"
  end)
  rows[#rows + 1] = { thread(), thread(), thread() }
  assert(rows[2][2] == "from close" and rows[2][3] == "end")
  local self
  self = coroutine.create(function() return pcall(coroutine.close, self) end)
  local _, closed, why = coroutine.resume(self)
  assert(closed == false and why:find("cannot close a running coroutine"), tostring(why))
  rows[#rows + 1] = { "close of the running one", "refused" }
  local held = coroutine.create(function()
    local x <close> = closing(function() error("late", 0) end)
    coroutine.yield()
  end)
  coroutine.resume(held)
  ok, message = coroutine.close(held)
  assert(ok == false and message == "late" and coroutine.status(held) == "dead")
  rows[#rows + 1] = { "error while closing", message }
  rows[#rows + 1] = probe.fails("resume of a dead one", "cannot resume dead", coroutine.wrap(function() end) and
    function() local f = coroutine.wrap(function() end) f() f() end)
  rows[#rows + 1] = probe.fails("resume of itself", "non%-suspended", function()
    local f
    f = coroutine.wrap(function() f() end)
    f()
  end)
  rows[#rows + 1] = probe.fails("no __close", "non%-closable", function() local x <close> = {} end)
  local count = 0
  for i = 1, 20000 do
    local c = coroutine.create(function()
      local x <close> = closing(function() count = count + 1 end)
      coroutine.yield()
    end)
    coroutine.resume(c)
    coroutine.close(c)
  end
  assert(count == 20000)
  rows[#rows + 1] = { "closed", count }
  local deep = 0
  local function nest(n)
    local x <close> = closing(function() deep = deep + 1 end)
    if n > 0 then return nest(n - 1) end
    error("bottom", 0)
  end
  ok, message = pcall(nest, 150)
  assert(not ok and message == "bottom" and deep == 151, deep)
  rows[#rows + 1] = { "closed on the way up", deep }
  return rows
end

return M
