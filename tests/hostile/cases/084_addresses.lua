-- 084 no text tells an address
-- expect: ok
-- runs: 2 equal
return { generate = function(client)
  local rows = {}
  local values = { {}, function() end, coroutine.create(function() end), print, client, _G,
    string, carrel, setmetatable({}, { __name = "named" }) }
  for i = 1, #values do
    local texts = { tostring(values[i]), ("%s"):format(values[i]) }
    for _, text in ipairs(texts) do
      if text:find("0x") or text:find("%x%x%x%x%x%x%x") then error(text) end
      rows[#rows + 1] = { text }
    end
    local ok, message = pcall(string.format, "%p", values[i])
    if ok then error("format %p: " .. message) end
  end
  local ok, message = pcall(function() return {} .. "x" end)
  if message:find("0x") then error(message) end
  return rows
end }
