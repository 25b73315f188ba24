-- 085 modules from elsewhere
-- expect: ok
-- with: lua_module_links
local probe = require "probe"

return { generate = function()
  local rows = {}
  for _, name in ipairs { "../../x", "/etc/passwd", "..", ".", "", "a..b", ".a", "a.", "a/b",
    "a\\b", "a\0b", "probe\0", "~root", "con:", "a b", "%2e%2e", "\xff", ("a"):rep(5000),
    ("a."):rep(5000) .. "a", "linked", "linked_outside", "linked_directory.module", "directory",
    "pipe" } do
    rows[#rows + 1] = { probe.fails(name, "", require, name)[1] }
  end
  rows[#rows + 1] = { "beside it", require("probe") == probe }
  return rows
end }
