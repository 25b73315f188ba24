-- 264 source that strains the parser
-- expect: ok
-- CVE-2025-46819 (Redis, long strings), CVE-2020-24342, CVE-2022-28805 (a constant _ENV) and
-- CVE-2021-44647: sources that crashed the compiler or its code. Each is an error or a value.
local M = {}

function M.generate(client, input_data)
  local equals = ("="):rep(1 << 20)
  local rows = {}
  local function source(what, text, pattern)
    local chunk, message = load(text, "=s")
    if pattern then
      assert(chunk == nil, what .. " was accepted")
      assert(message:find(pattern), what .. ": " .. message:sub(1, 200))
      rows[#rows + 1] = { what, "refused" }
    else
      assert(chunk, what .. ": " .. tostring(message):sub(1, 200))
      rows[#rows + 1] = { what, tostring((pcall(chunk))) }
    end
  end
  source("long string that never closes", "return [" .. equals .. "[ x", "unfinished long string")
  source("long string that closes", "return #[" .. equals .. "[x]" .. equals .. "]")
  source("long comment that never closes", "--[" .. equals .. "[ x", "unfinished long comment")
  source("invalid delimiter", "return [" .. equals .. "x", "invalid long string delimiter")
  source("constant environment", "local _ENV <const> = {} return x.y")
  source("closed environment", "local _ENV <close> = nil; x = 1")
  source("environment as an upvalue", "local _ENV <const> = {}; return (function() return x.y.z end)()")
  source("unknown attribute", "local x <evil> = 1", "unknown attribute")
  source("two closed variables", "local a <close>, b <close> = nil, nil", "multiple to%-be%-closed")
  source("assignment to a constant", "local x <const> = 1; x = 2", "attempt to assign to const")
  source("200 locals", "local a" .. (",a"):rep(250) .. " = 1", "too many local variables")
  source("upvalues", (function()
    local parts = {}
    for i = 1, 190 do parts[#parts + 1] = "local a" .. i .. " = 1" end
    parts[#parts + 1] = "return function()"
    for i = 1, 100 do parts[#parts + 1] = "local b" .. i .. " = 1" end
    parts[#parts + 1] = "return function() return 0"
    for i = 1, 190 do parts[#parts + 1] = " + a" .. i end
    for i = 1, 100 do parts[#parts + 1] = " + b" .. i end
    parts[#parts + 1] = " end end"
    return table.concat(parts, " ")
  end)(), "too many upvalues")
  source("many constants", "return {" .. ("%d.5,"):rep(10):gsub("%%d", "7"):rep(20000) .. "}")
  source("many levels of blocks", ("do "):rep(10000) .. ("end "):rep(10000), "overflow")
  source("many levels of functions", ("return function() "):rep(1000) .. ("end "):rep(1000), ".")
  source("many unary operators", "return " .. ("- "):rep(10000) .. "1", "overflow")
  source("many concatenations", "return " .. ("'a'.."):rep(10000) .. "'a'", ".")
  source("goto into a block", "goto x; do ::x:: end", "no visible label")
  source("goto over a local", "goto x; local a; ::x:: print(a)", "jumps into the scope")
  source("label twice", "::x:: ::x::", "already defined")
  source("escape that is too large", "return '\\u{FFFFFFFFF}'", "UTF%-8 value too large")
  source("bytes that are no text", "\27Lua\x54\0", ".")
  return rows
end

return M
