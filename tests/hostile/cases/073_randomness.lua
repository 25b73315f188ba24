-- 073 no two reports draw the same numbers
-- expect: ok
-- runs: 4 differ
return { generate = function()
  return { { math.random(0), math.random(0), math.random() } }
end }
