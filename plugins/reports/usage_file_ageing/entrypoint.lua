-- Usage files that are not closed yet, and for how long each has been where it is.

local carrel = require "carrel"
local usage = require "lib.usage"

local M = {}

local OPEN = {
  "draft", "uploading", "processing", "invalid", "ready", "pending", "rejected", "accepted",
}

-- Last day of each group.
local AGE_GROUPS = { { 7, "0-7" }, { 30, "8-30" }, { 60, "31-60" }, { 90, "61-90" } }

local function age_group(days)
  for _, group in ipairs(AGE_GROUPS) do
    if days <= group[1] then return group[2] end
  end
  return "over 90"
end

local function name_of(object) return object and object.name end

local COLUMNS = {
  { "File ID", function(row) return row.file.id end },
  { "File", function(row) return row.file.name end },
  { "Status", function(row) return row.file.status end },
  { "Environment", function(row) return row.file.environment end },
  { "Vendor", function(row) return name_of(row.file.vendor) end },
  { "Distributor", function(row) return name_of(row.file.provider) end },
  { "Product ID", function(row) return row.file.product.id end },
  { "Product", function(row) return row.file.product.name end },
  { "Period from", function(row) return carrel.date(row.file.period.from) end },
  { "Period to", function(row) return carrel.date(row.file.period.to) end },
  { "Currency", function(row) return row.file.currency end },
  { "Open chunks", function(row) return row.chunks end },
  { "Created", function(row) return carrel.datetime(row.file.events.created.at) end },
  { "Last step", function(row) return carrel.datetime(row.since) end },
  { "Days since last step", function(row) return row.days end },
  { "Days since period", function(row) return row.late end },
  { "Age group", function(row) return age_group(row.days) end },
}

-- When the file came where it is: the latest of its events up to the day of the report. Times of
-- the API are in UTC and in one form, so that they sort as text.
local function last_step(file, day)
  local latest = file.events.created.at
  for name, event in pairs(file.events) do
    local at = name ~= "updated" and event.at
    if at and at > latest and carrel.date(at) <= day then latest = at end
  end
  return latest
end

-- File id -> chunks that are not closed.
local function open_chunks(client)
  local counts = {}
  local chunks = client:ns("usage").chunks:filter("in(status,(draft,ready,failed))"):order_by("id")
  for chunk in chunks:iter() do
    local id = chunk.usagefile.id
    counts[id] = (counts[id] or 0) + 1
  end
  return counts
end

function M.generate(client, parameters, progress, renderer_type, extra_context)
  local day = carrel.date(parameters.as_of or os.date("!%Y-%m-%d"))
  local filters = usage.chosen(parameters, OPEN)
  filters[#filters + 1] = "lt(events.created.at," .. tostring(day:add_days(1)) .. ")"
  local api = usage.client()
  local files = api:ns("usage").files:filter(table.concat(filters, ",")):order_by("id")
  local total, done = files:count(), 0
  local chunks = open_chunks(api)
  local rows = {}
  for file in files:iter() do
    local since = last_step(file, day)
    rows[#rows + 1] = {
      file = file, since = since, days = day:days_since(carrel.date(since)),
      late = day:days_since(carrel.date(file.period.to)), chunks = chunks[file.id] or 0,
    }
    done = done + 1
    progress(done, total)
  end
  table.sort(rows, function(a, b)
    if a.days ~= b.days then return a.days > b.days end
    return a.file.id < b.file.id
  end)
  return usage.rows(COLUMNS, rows, renderer_type)
end

return M
