-- 086 results that are no rows
-- expect: plugin_error
-- kind: error|render
-- runs: 8
-- renderer: csv
return { generate = function(_, parameters)
  local dead = coroutine.create(function() end)
  coroutine.resume(dead)
  local odd = {
    [0] = 5, "rows", true, dead, { 5 }, { { n = math.maxinteger } },
    { { [math.maxinteger] = 1 } },
  }
  local result = odd[parameters.instance]
  if parameters.instance == 7 then return coroutine.create(function() coroutine.yield(1) end) end
  return result
end }
