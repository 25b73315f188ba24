-- Small helpers that any report of this repository may require.

local M = {}

-- The value at a dotted path; nil where any part of it is missing.
function M.resolve(item, path)
  for name in path:gmatch("[^.]+") do
    if type(item) ~= "table" then return nil end
    item = item[name]
  end
  return item
end

-- As pairs, in the order of the keys: the same query text on each run.
function M.sorted_pairs(map)
  local keys = {}
  for key in pairs(map) do keys[#keys + 1] = key end
  table.sort(keys)
  local position = 0
  return function()
    position = position + 1
    return keys[position], map[keys[position]]
  end
end

return M
