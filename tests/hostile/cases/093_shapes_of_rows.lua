-- 093 a row of Lua that claims more cells than it has, and one that claims too many
-- expect: plugin_error
-- kind: error
-- message: row 2 .*at most
-- renderer: csv|xlsx
local M = {}

function M.generate(client, input_data)
  return { { 1, nil, 3, n = 5 }, { n = 1 << 40 } }
end

return M
