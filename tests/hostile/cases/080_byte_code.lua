-- 080 byte code is not loaded
-- expect: ok
-- with: lua_byte_code_module
local probe = require "probe"

local HEADER = "\27Lua\x54\0\x19\x93\r\n\x1a\n\4\8\8xV\0\0\0\0\0\0\0\0\0\0\0\40w@\1"

return { generate = function()
  local rows = { probe.absent("string.dump", string.dump) }
  for _, mode in ipairs { "b", "bt", "t", "" } do
    for name, chunk in pairs { text = HEADER, ["function"] = function() return HEADER end } do
      local f, message = load(chunk, "=x", mode)
      if f then error("byte code was loaded as " .. mode) end
      if not message:find("binary chunk") then error(message) end
      rows[#rows + 1] = { name .. " " .. mode, message }
    end
  end
  rows[#rows + 1] = probe.fails("require", "binary chunk", require, "compiled")
  return rows
end }
