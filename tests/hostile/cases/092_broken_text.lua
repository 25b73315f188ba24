-- 092 bytes that are no UTF-8 are replaced in every format
-- expect: ok
-- renderer: json|ndjson|csv|xlsx
-- check: broken_text_is_replaced
local M = {}

function M.generate(client, input_data)
  return { { "a\255b", "\237\160\128", "\192\175", "\244\144\128\128", "x\240\159" } }
end

return M
