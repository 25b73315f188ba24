-- 091 numbers of Lua at the ends of what they can be
-- expect: ok
-- renderer: json|ndjson|csv|xlsx
-- check: numbers_of_lua
local M = {}

function M.generate(client, input_data)
  return {
    { "nan", 0 / 0 }, { "inf", 1 / 0 }, { "-inf", -1 / 0 }, { "-0.0", -0.0 },
    { "largest", math.maxinteger }, { "least", math.mininteger }, { "1e308", 1e308 },
  }
end

return M
