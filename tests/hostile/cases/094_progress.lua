-- 094 progress of a Lua report: too often, too much, of a wrong type
-- expect: ok
-- limits: cpu_s=20 wall_s=60
-- check: few_updates
local M = {}

function M.generate(client, input_data, progress)
  local refused = 0
  for _, value in ipairs { "x", {}, true, print } do
    if not pcall(progress, value, 1) then refused = refused + 1 end
    if not pcall(progress, 1, value) then refused = refused + 1 end
  end
  assert(refused == 8, refused)
  for _, value in ipairs { -1, 0 / 0, 1 / 0, math.mininteger, 1.5 } do
    progress(value, 10)
    progress(10, value)
  end
  for i = 1, 1000000 do progress(i, 1000000) end
  return { { "told", 1000000 } }
end

return M
