-- Put beside every Lua case: attempts that must fail.
local probe = {}

-- A row that says how `f` failed; an error when it did not, or its message does not match.
function probe.fails(what, pattern, f, ...)
  local ok, message = pcall(f, ...)
  if ok then error(what .. ": succeeded with " .. tostring(message)) end
  message = tostring(message)
  if not message:find(pattern) then error(what .. ": " .. message .. ", expected " .. pattern) end
  return { what, message }
end

-- A row that says that `value` is nil.
function probe.absent(what, value)
  if value ~= nil then error(what .. " is there: " .. type(value)) end
  return { what, "nil" }
end

return probe
