-- Module `carrel`: values that Lua lacks (null, dates, exact decimals), JSON, and R, the builder of
-- RQL filters. Runs once in every report's state, before report code; takes the table of native
-- functions (native.h) and adds `carrel` to it.

local native = ...

local error, getmetatable, ipairs, next, pairs = error, getmetatable, ipairs, next, pairs
local rawequal, rawget, rawset, setmetatable = rawequal, rawget, rawset, setmetatable
local tonumber, tostring, type = tonumber, tostring, type
local math_type, table_concat, table_sort = math.type, table.concat, table.sort
local format, gmatch, match, sub = string.format, string.gmatch, string.match, string.sub

local carrel = { null = native.null }

-- arrays ---------------------------------------------------------------------------------------

local Array = { __metatable = false, __name = "array" }
native.tag("array", Array)

-- carrel.array{...}: the same table, written to JSON as an array even when it is empty.
function carrel.array(elements)
  return setmetatable(elements or {}, Array)
end

-- dates ----------------------------------------------------------------------------------------

local MICROS_A_DAY = 86400 * 1000000

-- Days since 1970-01-01 in the proleptic Gregorian calendar; months beyond 12 are not taken here.
local function days_from_civil(year, month, day)
  if month <= 2 then year = year - 1 end
  local era = year // 400
  local year_of_era = year - era * 400
  local day_of_year = (153 * (month > 2 and month - 3 or month + 9) + 2) // 5 + day - 1
  return era * 146097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100
    + day_of_year - 719468
end

local function civil_from_days(days)
  days = days + 719468
  local era = days // 146097
  local day_of_era = days - era * 146097
  local year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524
    - day_of_era // 146096) // 365
  local day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
  local shifted = (5 * day_of_year + 2) // 153
  local month = shifted < 10 and shifted + 3 or shifted - 9
  local year = year_of_era + era * 400 + (month <= 2 and 1 or 0)
  return year, month, day_of_year - (153 * shifted + 2) // 5 + 1
end

local MONTH_DAYS = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

local function days_in_month(year, month)
  local leap = year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
  return month == 2 and leap and 29 or MONTH_DAYS[month]
end

local function check_range(name, value, low, high)
  local number = math_type(value) == "integer" and value
    or type(value) == "number" and math.tointeger(value)
  if not number or number < low or number > high then
    error(format("%s %s is not between %d and %d", name, tostring(value), low, high), 4)
  end
  return number
end

local function checked_days(year, month, day)
  year = check_range("year", year, 1, 9999)
  month = check_range("month", month, 1, 12)
  day = check_range("day", day, 1, days_in_month(year, month))
  return days_from_civil(year, month, day)
end

-- A date or datetime is {micros, with_zone, offset_minutes, text}; sdk/lua/cells.cc reads it.
local moment_methods = {}
local Date = { __metatable = false, __name = "date" }
local DateTime = { __metatable = false, __name = "datetime" }
native.tag("date", Date)
native.tag("datetime", DateTime)

local function new_date(days)
  local text = format("%04d-%02d-%02d", civil_from_days(days))
  return setmetatable({ days * MICROS_A_DAY, false, 0, text }, Date)
end

local function offset_text(minutes)
  local magnitude = minutes < 0 and -minutes or minutes
  return format("%s%02d:%02d", minutes < 0 and "-" or "+", magnitude // 60, magnitude % 60)
end

local function new_datetime(micros, with_zone, offset)
  local year, month, day = civil_from_days(micros // MICROS_A_DAY)
  local in_day = micros % MICROS_A_DAY
  local seconds, fraction = in_day // 1000000, in_day % 1000000
  local text = format("%04d-%02d-%02dT%02d:%02d:%02d", year, month, day, seconds // 3600,
    seconds // 60 % 60, seconds % 60)
  if fraction ~= 0 then text = text .. format(".%06d", fraction) end
  if with_zone then text = text .. offset_text(offset) end
  return setmetatable({ micros, with_zone, offset, text }, DateTime)
end

local function is_date(value)
  return rawequal(getmetatable(value), false) and type(value) == "table"
    and type(rawget(value, 4)) == "string"
end

-- carrel.date("2024-02-29"), carrel.date{year=2024, month=2, day=29}, carrel.date(datetime).
function carrel.date(value)
  if type(value) == "string" then
    local year, month, day = match(value, "^(%d%d%d%d)%-(%d%d)%-(%d%d)$")
    if not year then
      year, month, day = match(value, "^(%d%d%d%d)%-(%d%d)%-(%d%d)[T ]")
    end
    if not year then error(format("%q is not a date, expected YYYY-MM-DD", value), 2) end
    return new_date(checked_days(tonumber(year), tonumber(month), tonumber(day)))
  elseif is_date(value) then
    return new_date(value[1] // MICROS_A_DAY)
  elseif type(value) == "table" then
    return new_date(checked_days(value.year, value.month or 1, value.day or 1))
  end
  error("carrel.date takes ISO text or a table, not a " .. type(value), 2)
end

local function parse_zone(zone, value)
  if zone == "" then return false, 0 end
  if zone == "Z" then return true, 0 end
  local sign, hours, minutes = match(zone, "^([+-])(%d%d):?(%d%d)$")
  if not sign or tonumber(hours) > 23 or tonumber(minutes) > 59 then
    error(format("%q does not end with Z or +HH:MM", value), 3)
  end
  local offset = tonumber(hours) * 60 + tonumber(minutes)
  return true, sign == "-" and -offset or offset
end

local function parse_datetime(value)
  local date, hour, minute, second, fraction, zone = match(value,
    "^(%d%d%d%d%-%d%d%-%d%d)[T ](%d%d):(%d%d):(%d%d)(%.?%d*)(.*)$")
  if not date or fraction == "." or (fraction ~= "" and sub(fraction, 1, 1) ~= ".") then
    error(format("%q is not a datetime, expected YYYY-MM-DDThh:mm:ss", value), 3)
  end
  local with_zone, offset = parse_zone(zone, value)
  local seconds = check_range("hour", tonumber(hour), 0, 23) * 3600
    + check_range("minute", tonumber(minute), 0, 59) * 60
    + check_range("second", tonumber(second), 0, 59)
  local micros = tonumber(sub(sub(fraction, 2) .. "000000", 1, 6))
  return new_datetime(carrel.date(date)[1] + seconds * 1000000 + micros, with_zone, offset)
end

-- carrel.datetime("2024-02-29T10:30:00+00:00"), carrel.datetime{year=, month=, day=, hour=, min=,
-- sec=, offset_minutes=} (without offset_minutes: a naive time).
function carrel.datetime(value)
  if type(value) == "string" then
    return parse_datetime(value)
  elseif is_date(value) then
    return new_datetime(value[1], value[2], value[3])
  elseif type(value) == "table" then
    local days = checked_days(value.year, value.month or 1, value.day or 1)
    local seconds = check_range("hour", value.hour or 0, 0, 23) * 3600
      + check_range("min", value.min or 0, 0, 59) * 60 + check_range("sec", value.sec or 0, 0, 59)
    local offset = value.offset_minutes
    if offset then offset = check_range("offset_minutes", offset, -1439, 1439) end
    return new_datetime(days * MICROS_A_DAY + seconds * 1000000, offset ~= nil, offset or 0)
  end
  error("carrel.datetime takes ISO text or a table, not a " .. type(value), 2)
end

local function moved(moment, days)
  local micros = moment[1] + (days - moment[1] // MICROS_A_DAY) * MICROS_A_DAY
  if rawequal(moment_methods.kind(moment), "date") then return new_date(days) end
  return new_datetime(micros, moment[2], moment[3])
end

function moment_methods.kind(moment)
  return #moment[4] == 10 and "date" or "datetime"
end

function moment_methods.add_days(moment, count)
  local days = moment[1] // MICROS_A_DAY + check_range("days", count, -4000000, 4000000)
  check_range("year", (civil_from_days(days)), 1, 9999)
  return moved(moment, days)
end

-- The same day of another month, or that month's last day.
function moment_methods.add_months(moment, count)
  local year, month, day = civil_from_days(moment[1] // MICROS_A_DAY)
  local months = year * 12 + month - 1 + check_range("months", count, -120000, 120000)
  year, month = months // 12, months % 12 + 1
  check_range("year", year, 1, 9999)
  local last = days_in_month(year, month)
  return moved(moment, days_from_civil(year, month, day < last and day or last))
end

-- 1 is Monday, 7 is Sunday.
function moment_methods.weekday(moment)
  return (moment[1] // MICROS_A_DAY + 3) % 7 + 1
end

-- Whole days from `earlier` to this one.
function moment_methods.days_since(moment, earlier)
  return moment[1] // MICROS_A_DAY - earlier[1] // MICROS_A_DAY
end

local FIELDS = { year = 1, month = 2, day = 3 }

local function moment_index(moment, key)
  local method = moment_methods[key]
  if method then return method end
  if FIELDS[key] then
    local parts = { civil_from_days(rawget(moment, 1) // MICROS_A_DAY) }
    return parts[FIELDS[key]]
  end
  local seconds = rawget(moment, 1) % MICROS_A_DAY // 1000000
  if key == "hour" then return seconds // 3600 end
  if key == "min" then return seconds // 60 % 60 end
  if key == "sec" then return seconds % 60 end
end

-- The instant, for comparison: a naive time counts as UTC.
local function instant(moment) return moment[1] - moment[3] * 60000000 end

for _, metatable in ipairs { Date, DateTime } do
  metatable.__index = moment_index
  metatable.__tostring = function(moment) return moment[4] end
  metatable.__eq = function(a, b)
    return is_date(a) and is_date(b) and instant(a) == instant(b)
  end
  metatable.__lt = function(a, b) return instant(a) < instant(b) end
  metatable.__le = function(a, b) return instant(a) <= instant(b) end
end

-- decimals -------------------------------------------------------------------------------------

local Decimal = { __metatable = false, __name = "decimal" }
Decimal.__tostring = function(value) return value[1] end
Decimal.__eq = function(a, b) return a[1] == b[1] end
native.tag("decimal", Decimal)

-- carrel.decimal("1.10"): a cell that keeps its digits. It is text for a renderer, not for sums.
function carrel.decimal(value)
  local text = math_type(value) == "integer" and tostring(value) or value
  if type(text) ~= "string" then
    error("carrel.decimal takes text such as \"1.10\", not a " .. type(value), 2)
  end
  local number, exponent = match(text, "^[+-]?([%d.]+)(.*)$")
  local plain = number and (match(number, "^%d+%.?%d*$") or match(number, "^%.%d+$"))
  if not plain or not (exponent == "" or match(exponent, "^[eE][+-]?%d+$")) then
    error(format("%q is not a decimal number", text), 2)
  end
  return setmetatable({ text }, Decimal)
end

-- JSON -----------------------------------------------------------------------------------------

carrel.json = {
  encode = native.encode,
  decode = function(text)
    local value, problem = native.decode(text)
    if problem then error(problem, 2) end
    return value
  end,
}

-- R --------------------------------------------------------------------------------------------

-- The state of an R hides behind this key, so that every name can be a field: R().status:eq("x").
local STATE = {}
local Query = { __metatable = false, __name = "R" }
local query_methods = {}

local function new_query(state)
  state.op = state.op or "expr"
  state.children = state.children or {}
  state.path = {}
  return setmetatable({ [STATE] = state }, Query)
end

local function is_query(value)
  return type(value) == "table" and rawget(value, STATE) ~= nil
end

local COMPARISONS = { eq = true, ne = true, lt = true, le = true, gt = true, ge = true,
  like = true, ilike = true }
local LISTS = { ["in"] = true, out = true }

local function scalar_text(op, value)
  local kind = type(value)
  if kind == "string" or kind == "number" or kind == "boolean" then return tostring(value) end
  if kind == "table" and rawequal(getmetatable(value), false) and not is_query(value) then
    return tostring(value)
  end
  error(format("the '%s' operator does not take a %s", op, kind), 4)
end

local function list_text(op, value)
  if type(value) ~= "table" or is_query(value) then
    error(format("the '%s' operator takes an array, not a %s", op, type(value)), 4)
  end
  local texts = {}
  for i, element in ipairs(value) do texts[i] = scalar_text(op, element) end
  return table_concat(texts, ",")
end

local function lookup_text(lookup, value)
  local tokens = {}
  for token in gmatch(lookup .. "__", "(.-)__") do tokens[#tokens + 1] = token end
  local op = #tokens > 1 and tokens[#tokens] or nil
  local known = op and (COMPARISONS[op] or LISTS[op] or op == "null" or op == "empty")
  if not known then
    return format("eq(%s,%s)", table_concat(tokens, "."), scalar_text("eq", value))
  end
  tokens[#tokens] = nil
  local field = table_concat(tokens, ".")
  if COMPARISONS[op] then return format("%s(%s,%s)", op, field, scalar_text(op, value)) end
  if LISTS[op] then return format("%s(%s,(%s))", op, field, list_text(op, value)) end
  return format("%s(%s,%s())", value == true and "eq" or "ne", field, op)
end

-- R(), R{status="active", created__ge=day}: named filters joined with `and`, in the order of their
-- names.
local function R(filters)
  if filters == nil then return new_query {} end
  if type(filters) ~= "table" then error("R takes a table of filters", 2) end
  local names = {}
  for name in pairs(filters) do
    if type(name) ~= "string" then error("R takes named filters: R{status = 'active'}", 2) end
    names[#names + 1] = name
  end
  table_sort(names)
  if #names == 1 then return new_query { expr = lookup_text(names[1], filters[names[1]]) } end
  local children = {}
  for i, name in ipairs(names) do
    children[i] = new_query { expr = lookup_text(name, filters[name]) }
  end
  return new_query { op = #names > 1 and "and" or "expr", children = children }
end

local function length(query)
  local state = query[STATE]
  if state.op == "expr" then return state.expr and state.expr ~= "" and 1 or 0 end
  return #state.children
end

local function is_empty(query)
  local state = query[STATE]
  return #state.children == 0 and (state.expr == nil or state.expr == "")
end

local function equal(a, b)
  if rawequal(a, b) then return true end
  if not is_query(a) or not is_query(b) then return false end
  local x, y = a[STATE], b[STATE]
  if x.op ~= y.op or x.expr ~= y.expr or x.negated ~= y.negated
    or #x.children ~= #y.children then
    return false
  end
  for i, child in ipairs(x.children) do
    if not equal(child, y.children[i]) then return false end
  end
  return true
end

local function negate_text(negated, text)
  return negated and "not(" .. text .. ")" or text
end

local function query_text(query)
  local state = query[STATE]
  if state.expr and state.expr ~= "" then return negate_text(state.negated, state.expr) end
  local tokens = {}
  for i, child in ipairs(state.children) do tokens[i] = query_text(child) end
  if #tokens == 0 then return "" end
  return negate_text(state.negated, state.op .. "(" .. table_concat(tokens, ",") .. ")")
end

local function copy_query(query)
  local state = query[STATE]
  local children = {}
  for i, child in ipairs(state.children) do children[i] = child end
  return new_query { op = state.op, children = children, expr = state.expr,
    negated = state.negated }
end

-- Adds `other` to a joining query; one with the same operator brings its children instead.
local function append(query, other)
  local state, added = query[STATE], other[STATE]
  for _, child in ipairs(state.children) do
    if equal(child, other) then return end
  end
  local flattens = added.op == state.op or (length(other) == 1 and added.op ~= "expr")
  if flattens and not added.negated then
    for _, child in ipairs(added.children) do state.children[#state.children + 1] = child end
  else
    state.children[#state.children + 1] = other
  end
end

local function join(a, b, op)
  if not is_query(a) or not is_query(b) then
    error(format("'%s' joins two R, not a %s and a %s", op, is_query(a) and "R" or type(a),
      is_query(b) and "R" or type(b)), 3)
  end
  if is_empty(b) or equal(a, b) then return copy_query(a) end
  if is_empty(a) then return copy_query(b) end
  local query = new_query { op = op }
  append(query, a)
  append(query, b)
  return query
end

Query.__band = function(a, b) return join(a, b, "and") end
Query.__bor = function(a, b) return join(a, b, "or") end
Query.__bnot = function(query)
  local negation = new_query { op = "and", expr = query[STATE].expr, negated = true }
  append(negation, query)
  return negation
end
Query.__eq = equal
Query.__len = length
Query.__tostring = query_text
Query.__index = function(query, name)
  local method = query_methods[name]
  if method then return method end
  if type(name) ~= "string" then return nil end
  return query_methods.n(query, name)
end
Query.__newindex = function() error("an R cannot be assigned to", 2) end

-- R():n("asset.product.id"): the field by name, for names that are methods or words of Lua.
function query_methods.n(query, name)
  local state = query[STATE]
  if state.field then error("this R has an operator already, start another R()", 2) end
  for part in gmatch(name, "[^.]+") do state.path[#state.path + 1] = part end
  return query
end

local function define(name, make)
  query_methods[name] = function(query, value)
    local state = query[STATE]
    state.field = table_concat(state.path, ".")
    state.expr = make(state.field, value)
    return query
  end
end

for op in pairs(COMPARISONS) do
  define(op, function(field, value)
    return format("%s(%s,%s)", op, field, scalar_text(op, value))
  end)
end
for name, op in pairs { out = "out", in_ = "in", oneof = "in" } do
  define(name, function(field, value)
    return format("%s(%s,(%s))", op, field, list_text(op, value))
  end)
end
for _, constant in ipairs { "null", "empty" } do
  define(constant, function(field, value)
    return format("%s(%s,%s())", value and "eq" or "ne", field, constant)
  end)
end

carrel.R = R
native.carrel = carrel
native.is_query = is_query
native.is_empty_query = is_empty
-- A raw RQL expression, taken as it stands.
native.raw_query = function(text) return new_query { expr = text } end
