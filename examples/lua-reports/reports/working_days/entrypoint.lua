-- Calendar of a period: every row is computed from the parameters, no API is called.

local carrel = require "carrel"

local M = {}

local WEEKDAYS = {
  "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
}
local HEADER = { "Date", "Weekday", "Working day", "Working day of the month", "Holiday" }

-- A checkbox parameter is {all = boolean, choices = {...}}: here, weekday number -> true.
local function weekend_days(chosen)
  local days = {}
  if not chosen then
    days[6], days[7] = true, true
  elseif not chosen.all then
    for _, number in ipairs(chosen.choices) do days[tonumber(number)] = true end
  end
  return days
end

-- An object parameter arrives as the JSON text that was typed.
local function holiday_names(text)
  local ok, names = pcall(carrel.json.decode, text or "{}")
  if not ok or type(names) ~= "table" then
    -- `expected` marks a failure that the user can mend: it is shown without a traceback.
    error { expected = true, message = 'holidays: expected {"YYYY-MM-DD": "name", ...}' }
  end
  return names
end

-- All days from `first` to `last` with what is known of each.
local function days_between(first, last, weekend, holidays)
  local day, month, working_in_month = first, first.month, 0
  return function()
    if day > last then return nil end
    local current = day
    day = current:add_days(1)
    if current.month ~= month then
      month, working_in_month = current.month, 0
    end
    local holiday = holidays[tostring(current)]
    local working = not weekend[current:weekday()] and not holiday
    if working then working_in_month = working_in_month + 1 end
    return {
      date = current,
      weekday = WEEKDAYS[current:weekday()],
      working = working,
      number = working and working_in_month or nil,
      holiday = holiday,
    }
  end
end

local function cells(day)
  return { day.date, day.weekday, day.working, day.number, day.holiday, n = #HEADER }
end

function M.generate(client, parameters, progress, renderer_type, extra_context)
  local first = carrel.date(parameters.period.after)
  local last = carrel.date(parameters.period.before)
  local only_working = parameters.rows == "working"
  local total = last:days_since(first) + 1

  return coroutine.wrap(function()
    if renderer_type == "csv" then coroutine.yield(HEADER) end
    local done = 0
    local weekend = weekend_days(parameters.weekend)
    for day in days_between(first, last, weekend, holiday_names(parameters.holidays)) do
      if day.working or not only_working then
        coroutine.yield(renderer_type == "json" and day or cells(day))
      end
      done = done + 1
      progress(done, total)
    end
  end)
end

return M
