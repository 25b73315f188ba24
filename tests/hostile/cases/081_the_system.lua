-- 081 nothing of Lua reaches the system
-- expect: ok
local probe = require "probe"

return { generate = function()
  local rows = {}
  for _, name in ipairs { "io", "debug", "package", "dofile", "loadfile", "arg", "warn", "ffi",
    "jit", "module", "setfenv", "getfenv", "newproxy" } do
    rows[#rows + 1] = probe.absent(name, _G[name])
  end
  for _, name in ipairs { "execute", "getenv", "remove", "rename", "tmpname", "exit",
    "setlocale" } do
    rows[#rows + 1] = probe.absent("os." .. name, os[name])
  end
  for _, name in ipairs { "socket", "io", "debug", "package", "ffi", "lfs", "posix", "_G.io",
    "os.execute" } do
    rows[#rows + 1] = probe.fails("require " .. name, "", require, name)
  end
  local names = {}
  for name in pairs(os) do names[#names + 1] = name end
  table.sort(names)
  rows[#rows + 1] = { "os", table.concat(names, " ") }
  if rows[#rows][2] ~= "clock date difftime time" then error(rows[#rows][2]) end
  return rows
end }
