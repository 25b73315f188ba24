-- 077 loops in metamethods that the worker or the language calls
-- expect: cpu_limit
-- limits: cpu_s=1 wall_s=60 idle_s=60
-- together: 2
local M = {}

local function endless() while true do end end

local loops = {
  function() print(setmetatable({}, { __tostring = endless })) end,
  function()
    local closing <close> = setmetatable({}, { __close = endless })
    error("while it is closed")
  end,
}

function M.generate(client, input_data)
  loops[input_data.instance + 1]()
  return { { "not reached" } }
end

return M
