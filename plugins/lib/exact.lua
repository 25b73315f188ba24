-- Exact sums of decimal text: Lua's own numbers would lose digits of amounts. A sum holds integers
-- of nine digits each, by their distance from the decimal point (0 is left of it, -1 right of it).

local M = {}

local BASE, DIGITS = 1000000000, 9
-- Adding so many values of one sign keeps each integer far below 2^63.
local ADDITIONS_BETWEEN_CARRIES = 1000000000

local Sum = {}
Sum.__index = Sum

-- "-12.50" -> -1, "12", "50". An integer of Lua is taken too; a float is not: it is not exact.
local function parse(value)
  local text = math.type(value) == "integer" and string.format("%d", value) or value
  if type(text) == "string" then
    local sign, whole, fraction = text:match("^(%-?)(%d+)%.?(%d*)$")
    if whole and text:sub(-1) ~= "." then return sign == "-" and -1 or 1, whole, fraction end
  end
  error(string.format("%s is not an exact decimal number", tostring(value)), 3)
end

-- A sum of nothing; `add` it decimal text.
function M.sum()
  return setmetatable({ limbs = { [0] = 0 }, low = 0, high = 0, scale = 0, additions = 0 }, Sum)
end

-- Brings each limb but the highest into 0..BASE-1; the highest carries the sign.
local function carry(limbs, low, high)
  for position = low, high - 1 do
    local value = limbs[position]
    limbs[position] = value % BASE
    limbs[position + 1] = limbs[position + 1] + value // BASE
  end
  while limbs[high] >= BASE or limbs[high] < -BASE do
    limbs[high + 1] = limbs[high] // BASE
    limbs[high] = limbs[high] % BASE
    high = high + 1
  end
  return high
end

local function add_limb(sum, position, value)
  while sum.low > position do
    sum.low = sum.low - 1
    sum.limbs[sum.low] = 0
  end
  while sum.high < position do
    sum.high = sum.high + 1
    sum.limbs[sum.high] = 0
  end
  sum.limbs[position] = sum.limbs[position] + value
end

function Sum:add(value)
  local sign, whole, fraction = parse(value)
  if #fraction > self.scale then self.scale = #fraction end
  fraction = fraction .. ("0"):rep(-#fraction % DIGITS)
  for first = 1, #fraction, DIGITS do
    local limb = tonumber(fraction:sub(first, first + DIGITS - 1))
    add_limb(self, -(first // DIGITS + 1), sign * limb)
  end
  local position = 0
  for last = #whole, 1, -DIGITS do
    add_limb(self, position, sign * tonumber(whole:sub(math.max(last - DIGITS + 1, 1), last)))
    position = position + 1
  end
  self.additions = self.additions + 1
  if self.additions >= ADDITIONS_BETWEEN_CARRIES then
    self.high = carry(self.limbs, self.low, self.high)
    self.additions = 0
  end
  return self
end

-- Plain digits, with as many decimals as the longest value added had: "0", "-3.30".
function Sum:__tostring()
  local limbs, low, high, sign = {}, self.low, self.high, ""
  for position = low, high do limbs[position] = self.limbs[position] end
  high = carry(limbs, low, high)
  if limbs[high] < 0 then
    sign = "-"
    for position = low, high do limbs[position] = -limbs[position] end
    high = carry(limbs, low, high)
  end
  local parts = {}
  for position = high, low, -1 do parts[#parts + 1] = string.format("%09d", limbs[position]) end
  local digits = table.concat(parts)
  local point = #digits + low * DIGITS
  local whole = digits:sub(1, point):gsub("^0+(%d)", "%1")
  local fraction = digits:sub(point + 1, point + self.scale)
  return sign .. whole .. (fraction ~= "" and "." .. fraction or "")
end

-- Whether a binary double, all that a workbook has, keeps every digit of decimal text: up to 15.
function M.survives_a_double(text)
  local digits = text:gsub("[-.]", ""):gsub("^0+", ""):gsub("0+$", "")
  return #digits <= 15
end

return M
