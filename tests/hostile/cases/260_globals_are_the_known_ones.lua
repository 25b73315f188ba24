-- 260 every global there is
-- expect: ok
-- CVE-2022-0543 (Redis on Debian): one global that the packaging left, `package`, was a way to
-- the system. Everything that can be reached from the globals is compared with a list.
local probe = require "probe"

local M = {}

function M.generate(client, input_data)
  local allowed = {}
  for name in ([[_G _VERSION assert collectgarbage error getmetatable ipairs load next pairs pcall print
    rawequal rawget rawlen rawset require select setmetatable tonumber tostring type xpcall
    coroutine.close coroutine.create coroutine.isyieldable coroutine.resume coroutine.running
    coroutine.status coroutine.wrap coroutine.yield
    math.abs math.acos math.asin math.atan math.atan2 math.ceil math.cos math.cosh math.deg math.exp math.floor math.fmod math.frexp
    math.huge math.ldexp math.log math.log10 math.max math.maxinteger math.min math.mininteger math.modf math.pi math.pow math.rad
    math.random math.randomseed math.sin math.sinh math.sqrt math.tan math.tanh math.tointeger math.type math.ult
    os.clock os.date os.difftime os.time
    string.byte string.char string.find string.format string.gmatch string.gsub string.len
    string.lower string.match string.pack string.packsize string.rep string.reverse string.sub
    string.unpack string.upper
    table.concat table.insert table.move table.pack table.remove table.sort table.unpack
    utf8.char utf8.charpattern utf8.codepoint utf8.codes utf8.len utf8.offset]]):gmatch("%S+") do
    allowed[name] = true
  end
  local rows, unknown = {}, {}
  for name, value in pairs(_G) do
    if type(value) == "table" and value ~= _G then
      for field in pairs(value) do
        local full = name .. "." .. tostring(field)
        if not allowed[full] then unknown[#unknown + 1] = full end
        rows[#rows + 1] = { full }
      end
    elseif not allowed[name] then
      unknown[#unknown + 1] = name
    end
  end
  assert(#unknown == 0, "unknown: " .. table.concat(unknown, " "))
  for _, name in ipairs { "io", "debug", "package", "dofile", "loadfile", "module", "loadstring",
    "setfenv", "getfenv", "newproxy", "bit32", "warn", "jit", "ffi" } do
    rows[#rows + 1] = probe.absent(name, _G[name])
  end
  rows[#rows + 1] = probe.absent("string.dump", string.dump)
  rows[#rows + 1] = probe.absent("os.getenv", os.getenv)
  rows[#rows + 1] = probe.absent("metatable of numbers", getmetatable(1))
  rows[#rows + 1] = probe.absent("metatable of functions", getmetatable(print))
  rows[#rows + 1] = probe.absent("metatable of nil", getmetatable(nil))
  rows[#rows + 1] = probe.absent("metatable of coroutines", getmetatable(coroutine.create(print)))
  rows[#rows + 1] = probe.absent("metatable of booleans", getmetatable(true))
  table.sort(rows, function(a, b) return a[1] < b[1] end)
  return rows
end

return M
