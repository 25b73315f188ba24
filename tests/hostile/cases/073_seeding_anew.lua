-- 073 a report that seeds anew without a value of its own gets no seed that another one has
-- expect: ok
-- runs: 4 differ
local M = {}

function M.generate(client, input_data)
  math.randomseed()
  return { { math.random(0), math.random(0) } }
end

return M
