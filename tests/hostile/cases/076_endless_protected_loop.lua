-- 076 a loop that no error ends
-- expect: cpu_limit
-- limits: cpu_s=1
return { generate = function()
  while true do pcall(error, "again") end
end }
