-- 072 what a Lua report changes is gone with it
-- expect: ok
-- runs: 3 equal
local M = {}

function M.generate(client, input_data)
  assert(patched == nil and string.patched == nil and require("carrel").patched == nil)
  assert(("x"):rep(3) == "xxx" and tostring(1) == "1" and #table.pack(1, 2) == 2)
  local rows = { { "clean", type(patched) } }
  patched = true
  require("carrel").patched = true
  for _, library in pairs { string, table, math, coroutine, utf8, os } do
    library.patched = true
    for name, value in pairs(library) do
      if type(value) == "function" then library[name] = error end
    end
  end
  for name, value in pairs(_G) do
    if type(value) == "function" then _G[name] = function() return 42 end end
  end
  return rows
end

return M
