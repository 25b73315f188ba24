-- 272 finalizers and weak tables
-- expect: ok
-- CVE-2021-44964 and CVE-2024-46981: finalizers that make dead objects live again. No finalizer
-- runs, __gc is not looked at, whether it is there before or comes after, in objects or at the
-- end.
local probe = require "probe"

local M = {}

function M.generate(client, input_data)
  local ran = 0
  local function finalizer() ran = ran + 1 end
  for _ = 1, 2000 do
    setmetatable({}, { __gc = finalizer })
    local late = {}
    setmetatable({}, late)
    late.__gc = finalizer
    local again = setmetatable({}, { __gc = true })
    getmetatable(again).__gc = finalizer
  end
  local keep = {}
  for i = 1, 200 do keep[i % 3] = ("x"):rep(1 << 16) .. i end
  assert(ran == 0, ran)
  local weak = setmetatable({}, { __mode = "kv" })
  for i = 1, 1000 do weak[{}] = {} weak[i] = {} end
  for i = 1, 400 do keep[i % 3] = ("y"):rep(1 << 16) .. i end
  local left = 0
  for _ in pairs(weak) do left = left + 1 end
  assert(left < 2000, left)
  local rows = { { "finalizers", ran }, { "weak entries", "collected" } }
  for _, option in ipairs { "collect", "stop", "restart", "step", "setpause", "generational", "incremental" } do
    rows[#rows + 1] = { probe.fails(option, "not available", collectgarbage, option)[1], "refused" }
  end
  return rows
end

return M
