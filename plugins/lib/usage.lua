-- What the Lua reports over usage data share: filters, totals by group, and rows.

local carrel = require "carrel"
local exact = require "lib.exact"

local M = {}

-- The host's own usage data, under the paths and names that usage clients know.
function M.client()
  return carrel.connection "local"
end

-- A value as RQL takes it; one that holds more than the characters of an id is quoted.
local function rql_value(value)
  if value:find("^[%w_.:+-]+$") then return value end
  local mark = not value:find('"', 1, true) and '"' or not value:find("'", 1, true) and "'"
  if not mark then
    error { expected = true, message = "a value with both kinds of quotes: " .. value }
  end
  local escaped = value:gsub("[^%w_.:-]", function(character)
    return string.format("%%%02X", character:byte())
  end)
  return mark .. escaped .. mark
end

-- Parameter id -> property that it filters, of files and records alike.
local CHOSEN = { { "product", "product.id" }, { "marketplace", "marketplace.id" } }

-- Filters for the products and marketplaces that were chosen, and for `states`.
function M.chosen(parameters, states)
  local filters = {}
  for _, filter in ipairs(CHOSEN) do
    local chosen = parameters[filter[1]]
    if chosen and not chosen.all then
      local values = {}
      for i, value in ipairs(chosen.choices) do values[i] = rql_value(value) end
      filters[#filters + 1] = string.format("in(%s,(%s))", filter[2], table.concat(values, ","))
    end
  end
  local status = parameters.status
  if status and not status.all then states = status.choices end
  if states then filters[#filters + 1] = "in(status,(" .. table.concat(states, ",") .. "))" end
  return filters
end

-- Filters for times of `field` in a period: `after` counts in, `before` out, so that periods which
-- meet share nothing. A `before` without a time comes as the last second of its day, which counts
-- whole; times have microseconds.
function M.within(field, period)
  local last_second = period.before:match("^(.*T23:59:59)Z?$")
    or period.before:match("^(.*T23:59:59)%+00:00$")
  local ending = last_second and string.format("le(%s,%s.999999Z)", field, last_second)
    or string.format("lt(%s,%s)", field, period.before)
  return string.format("ge(%s,%s),%s", field, period.after, ending)
end

-- Records of production files whose usage began in the period.
function M.records(client, parameters)
  local filters = M.chosen(parameters, { "approved", "closed" })
  filters[#filters + 1] = "eq(usagefile.environment,production)"
  filters[#filters + 1] = M.within("start_date", parameters.period)
  return client:ns("usage").records:filter(table.concat(filters, ",")):order_by("id")
end

-- Groups by the texts of `key`; `make` gives a new group what it is known by.
function M.groups(make)
  local found = {}
  return {
    at = function(key, item)
      local parts = {}
      for i = 1, key.n do parts[i] = tostring(key[i] or "") end
      local name = table.concat(parts, "\0")
      local group = found[name]
      if not group then
        group = make(item)
        group.key = name
        found[name] = group
      end
      return group
    end,
    sorted = function()
      local list = {}
      for _, group in pairs(found) do list[#list + 1] = group end
      table.sort(list, function(a, b) return a.key < b.key end)
      return list
    end,
  }
end

-- A number of different values.
function M.distinct()
  local seen = {}
  return setmetatable({ count = 0 }, { __call = function(self, value)
    if value and not seen[value] then
      seen[value] = true
      self.count = self.count + 1
    end
  end })
end

-- Adds `value` to `group[name]`, which stays nil while there was none: no amount is not 0.
function M.add(group, name, value)
  if value == nil then return end
  group[name] = group[name] or exact.sum()
  group[name]:add(value)
end

-- A sum is text, which keeps every digit; in a workbook a number, as long as that does too.
local function cell(value, renderer_type)
  if type(value) ~= "table" or getmetatable(value) == false then return value end
  local text = tostring(value)
  local as_number = renderer_type == "xlsx" and exact.survives_a_double(text)
  return as_number and carrel.decimal(text) or text
end

-- Rows of `columns`, each {title, function of the group}. A cell is text, an integer, a carrel.date
-- or carrel.datetime, or a sum.
function M.rows(columns, groups, renderer_type)
  local rows = {}
  if renderer_type == "csv" then
    rows[1] = {}
    for i, column in ipairs(columns) do rows[1][i] = column[1] end
  end
  for _, group in ipairs(groups) do
    local row = { n = #columns }
    for i, column in ipairs(columns) do
      local value = cell(column[2](group), renderer_type)
      if renderer_type == "json" then
        local name = column[1]:lower():gsub(" ", "_")
        row[name] = value == nil and carrel.null or value
      else
        row[i] = value
      end
    end
    if renderer_type == "json" then row.n = nil end
    rows[#rows + 1] = row
  end
  return rows
end

return M
