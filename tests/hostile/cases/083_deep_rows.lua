-- 083 a row that is nested deeper than can be written is a typed error
-- expect: plugin_error
-- kind: error|render
-- message: row 1
-- runs: 2
local M = {}

function M.generate(client, input_data)
  local row = {}
  for _ = 1, 200000 do row = { row } end
  if input_data.instance == 1 then
    row = {}
    row[1] = row
  end
  return { row }
end

return M
