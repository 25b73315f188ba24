-- 268 json of anything
-- expect: ok
-- within: 15
-- CVE-2022-24834 and CVE-2024-46981 (Redis, cjson and the collector): lengths that overflow
-- while text is made, depth without end, and tables that are none.
local M = {}

function M.generate(client, input_data)
  local json = require("carrel").json
  local rows = {}
  local function refused(what, f, ...)
    local ok, message = pcall(f, ...)
    assert(not ok, what .. " was accepted: " .. tostring(message):sub(1, 60))
    rows[#rows + 1] = { what, "refused" }
  end
  local cycle = {}
  cycle[1] = cycle
  refused("a cycle", json.encode, cycle)
  local deep = {}
  for i = 1, 100000 do deep = { deep } end
  refused("depth while writing", json.encode, deep)
  refused("depth while reading", json.decode, ("["):rep(1000000))
  refused("depth of objects", json.decode, ('{"a":'):rep(1000000))
  refused("a function", json.encode, { print })
  refused("a coroutine", json.encode, { coroutine.create(print) })
  for _, text in ipairs { "", "nul", "[1,]", "{1:2}", "NaN", "Infinity", "1e", "01", '"\\ud800"x', "[1] 2",
    '"\1"', "\255\254", "[" , '{"a"}', "--1", "'a'" } do
    refused("text " .. text:gsub("[^ -~]", "?"), json.decode, text)
  end
  local long = ("\0"):rep(1 << 20)
  assert(#json.encode(long) == 6 * (1 << 20) + 2, #json.encode(long))
  assert(json.decode(json.encode(long)) == long)
  local sparse = json.encode({ [1] = 1, [1 << 40] = 2 })
  assert(#sparse < 100, #sparse)
  rows[#rows + 1] = { "sparse", sparse }
  local big = json.decode("[9223372036854775807, 18446744073709551616, -0.0]")
  rows[#rows + 1] = { "numbers", math.type(big[1]), tostring(big[1]) }
  assert(big[1] == math.maxinteger)
  return rows
end

return M
