-- 270 loops that call nothing
-- expect: cpu_limit
-- runs: 6
-- limits: cpu_s=1 wall_s=15
-- within: 40
-- Redis' and nginx' kill hooks wait for an instruction counter; goto, numeric loops of floats,
-- patterns, concatenation and comparisons of long strings do not pass one. Time is the
-- sandbox's.
local M = {}

function M.generate(client, input_data)
  local loops = {
    function() ::again:: goto again end,
    function() for _ = 1, math.huge do end end,
    function() local s = ("a"):rep(1 << 16) while true do s:find(".-.-.-b") end end,
    function() local t = {} while true do t[#t % 1000 + 1] = #t end end,
    function()
      local t = setmetatable({}, { __index = function(t, k) return t[k + 1] end })
      while true do pcall(function() return t[1] end) end
    end,
    function()
      local called = setmetatable({}, {})
      getmetatable(called).__call = called
      called()
    end,
  }
  loops[input_data.instance + 1]()
  return { { "never" } }
end

return M
