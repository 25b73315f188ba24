-- 077 finalizers that loop do not run
-- expect: ok
-- limits: cpu_s=2
local probe = require "probe"

return { generate = function()
  local ran = false
  for _ = 1, 100000 do
    setmetatable({}, { __gc = function() ran = true while true do end end })
  end
  local late = setmetatable({}, {})
  getmetatable(late).__gc = function() ran = true while true do end end
  late = nil
  local filled = {}
  for i = 1, 200000 do filled[i] = { i } end
  if ran then error("a finalizer ran") end
  return { { "finalizers", "none ran" } }
end }
