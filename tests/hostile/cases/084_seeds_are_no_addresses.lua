-- 084 what math.randomseed returns is a seed and not the address of the state
-- expect: ok
local M = {}

function M.generate(client, input_data)
  local first, second = math.randomseed()
  local _, again = math.randomseed()
  assert(second == nil or second ~= again, "the same both times: an address")
  return { { type(first), "differs" } }
end

return M
