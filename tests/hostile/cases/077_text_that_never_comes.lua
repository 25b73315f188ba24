-- 077 an error object whose text takes forever is never asked for it
-- expect: cpu_limit|plugin_error
-- kind: error
-- limits: cpu_s=1
return { generate = function()
  error(setmetatable({}, { __tostring = function() while true do end end,
    __name = "endless", __index = function() while true do end end }))
end }
