-- 078 memory that runs out, and nobody catches it
-- expect: plugin_error|memory_limit
-- kind: memory
-- limits: memory_mb=64
-- message: (?i)memory
return { generate = function()
  local s = "x"
  while true do s = s .. s end
end }
