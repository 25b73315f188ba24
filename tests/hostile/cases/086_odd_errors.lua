-- 086 errors that are no text, and a yield from the top
-- expect: plugin_error
-- kind: error|expected
-- runs: 10
-- check: bounded_texts
return { generate = function(_, parameters)
  local circle = {}
  circle.message = circle
  local ways = {
    [0] = function() error(nil) end,
    function() error({}) end,
    function() error({ message = 5 }) end,
    function() error(circle) end,
    function() error(print) end,
    function() error(coroutine.create(print)) end,
    function() coroutine.yield({ "row" }) end,
    function() error(setmetatable({}, { __metatable = 1, __tostring = error, __close = error })) end,
    function() error(("line\n\r\27[31m\0\xff"):rep(100000)) end,
    function() error({ message = ("x"):rep(10000000), expected = true }) end,
  }
  ways[parameters.instance]()
  return { { "never" } }
end }
