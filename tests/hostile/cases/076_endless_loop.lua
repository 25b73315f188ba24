-- 076 while true
-- expect: cpu_limit
-- limits: cpu_s=1 wall_s=15
return { generate = function()
  while true do end
end }
