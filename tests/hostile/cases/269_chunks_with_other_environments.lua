-- 269 chunks with other environments
-- expect: ok
-- Redis and OpenResty (CVE-2020-14147-like): what a chunk sees, and whether another mode or
-- prefix makes it binary. `load` is text with the environment that it is given, whatever else
-- it is told.
local probe = require "probe"

local M = {}

function M.generate(client, input_data)
  local rows = {}
  local inner = {}
  assert(load("x = 1; return _ENV", "=c", "t", inner)() == inner and inner.x == 1 and x == nil)
  assert(load("return print", "=c", "t", {})() == nil)
  assert(load("return _G", "=c", "bt", {})() == nil)
  rows[#rows + 1] = { "environment", "the given one" }
  local binary = "\27Lua\x54\0\x19\x93\r\n\x1a\n\4\8\8" .. ("\0"):rep(64)
  for _, mode in ipairs { "b", "bt", "t", "", "tb" } do
    local chunk, message = load(binary, "=b", mode)
    assert(chunk == nil, mode)
    assert(message:find("attempt to load a binary chunk") , message)
    rows[#rows + 1] = { "binary with mode " .. mode, "refused" }
  end
  for _, prefix in ipairs { "#!/bin/lua\n", "\xEF\xBB\xBF", " ", "\n" } do
    local chunk = load(prefix .. binary, "=b", "b")
    assert(chunk == nil)
  end
  local pieces = { "\27", "Lua", binary:sub(5) }
  local position = 0
  local chunk, message = load(function() position = position + 1 return pieces[position] end, "=p", "b")
  assert(chunk == nil and message:find("binary"), tostring(message))
  rows[#rows + 1] = { "binary in pieces", "refused" }
  local environment = setmetatable({}, { __index = function(_, name) return _G[name] end,
    __newindex = function() error("read-only", 0) end })
  rows[#rows + 1] = probe.fails("assignment", "read%-only", load("y = 1", "=c", "t", environment))
  local carrel = require "carrel"
  rows[#rows + 1] = { "what require gives", type(carrel) }
  rows[#rows + 1] = { probe.fails("a module of C", "lfs", require, "lfs")[1], "refused" }
  return rows
end

return M
