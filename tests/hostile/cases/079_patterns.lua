-- 079 patterns and moves without end
-- expect: cpu_limit
-- limits: cpu_s=1
-- together: 3
return { generate = function(_, parameters)
  local ways = {
    [0] = function() return (("a"):rep(40)):find(("a?"):rep(40) .. ("a"):rep(41)) end,
    [1] = function() for _ = 1, 1e9 do (("a"):rep(200000)):gsub(".-b", "") end end,
    [2] = function() return table.move({}, 1, math.maxinteger - 1, 2) end,
  }
  ways[parameters.instance]()
  return { { "never" } }
end }
