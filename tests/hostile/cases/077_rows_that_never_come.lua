-- 077 a coroutine of rows that stops yielding
-- expect: cpu_limit
-- limits: cpu_s=1
return { generate = function()
  return coroutine.create(function()
    coroutine.yield({ "first" })
    while true do end
  end)
end }
