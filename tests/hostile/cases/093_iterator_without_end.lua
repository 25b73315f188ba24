-- 093 rows without end stop at the size of the output
-- expect: output_limit
-- limits: output_mb=1 cpu_s=20 wall_s=60
-- renderer: json|ndjson|csv|xlsx
local M = {}

function M.generate(client, input_data)
  local number = 0
  return function()
    number = number + 1
    return { number, ("%d"):format(number * 7919):rep(100) }
  end
end

return M
