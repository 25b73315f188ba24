-- 077 coroutines that never end, one after the other
-- expect: cpu_limit
-- limits: cpu_s=1
return { generate = function()
  while true do
    local thread = coroutine.wrap(function() while true do coroutine.yield() end end)
    for _ = 1, 1000 do thread() end
  end
end }
