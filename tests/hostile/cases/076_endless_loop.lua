-- 076 while true
-- expect: cpu_limit
-- limits: cpu_s=1
return { generate = function()
  while true do end
end }
