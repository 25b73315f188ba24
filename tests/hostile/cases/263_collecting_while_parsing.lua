-- 263 the collector while source is parsed
-- expect: ok
-- CVE-2025-49844 (Redis, "RediShell"): the name of a chunk was collected while it was parsed.
-- Readers that make garbage, names that nothing else holds, errors in the middle, thousands of
-- times.
local M = {}

function M.generate(client, input_data)
  local wrong = 0
  for round = 1, 3000 do
    local pieces, position = { "local a", " = {", ("1,"):rep(50), "} ", "return #a + ", tostring(round) }, 0
    local chunk = assert(load(function()
      position = position + 1
      local garbage = {}
      for i = 1, 20 do garbage[i] = ("x"):rep(i * 10) .. round end
      return pieces[position]
    end, "=" .. ("n"):rep(round % 200)))
    if chunk() ~= 50 + round then wrong = wrong + 1 end
  end
  assert(wrong == 0, wrong)
  local messages = {}
  for round = 1, 500 do
    local chunk, message = load("return " .. ("("):rep(1 + round % 180), "=name" .. round)
    assert(chunk == nil and message:find("name" .. round, 1, true), message)
    messages[#messages + 1] = message
  end
  local _, stopped = load(function() error("reader fails") end)
  assert(tostring(stopped):find("reader fails"))
  local _, typed = load(function() return {} end)
  assert(tostring(typed):find("reader function must return a string"), tostring(typed))
  return { { "chunks", 3000 }, { "errors", #messages }, { "reader", "error told" } }
end

return M
