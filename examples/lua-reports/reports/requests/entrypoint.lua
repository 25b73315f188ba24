-- Requests since a day, one row each, read page by page through `client`.

local carrel = require "carrel"
local values = require "lib.values"

local R = carrel.R
local M = {}

-- Column title and dotted path in a request, as the API gives it.
local COLUMNS = {
  { "Request ID", "id" },
  { "Type", "type" },
  { "Status", "status" },
  { "Created", "created" },
  { "Subscription ID", "asset.id" },
  { "External ID", "asset.external_id" },
  { "Product", "asset.product.name" },
  { "Customer", "asset.tiers.customer.name" },
  { "Marketplace", "marketplace.name" },
  { "Hub", "asset.connection.hub.name" },
}

-- Parameter id -> property that it filters.
local FILTERS = {
  product = "asset.product.id",
  marketplace = "marketplace.id",
  hub = "asset.connection.hub.id",
  type = "type",
}

local function build_query(parameters)
  local query = R().created:ge(parameters.since .. "T00:00:00")
  if parameters.reference then
    query = query & R().asset.external_id:like(parameters.reference)
  end
  for parameter, field in values.sorted_pairs(FILTERS) do
    local chosen = parameters[parameter]
    if chosen and not chosen.all then
      query = query & R():n(field):oneof(chosen.choices)
    end
  end
  return query
end

local function header()
  local titles = {}
  for i, column in ipairs(COLUMNS) do titles[i] = column[1] end
  return titles
end

-- Timestamps become datetime cells, so that a workbook can sort and filter them.
local function cells(request)
  local row = { n = #COLUMNS }
  for i, column in ipairs(COLUMNS) do
    local value = values.resolve(request, column[2])
    row[i] = column[1] == "Created" and value and carrel.datetime(value) or value
  end
  return row
end

local function object(request)
  local fields = {}
  for _, column in ipairs(COLUMNS) do
    local name = column[1]:lower():gsub(" ", "_")
    fields[name] = values.resolve(request, column[2]) or carrel.null
  end
  return fields
end

function M.generate(client, parameters, progress, renderer_type, extra_context)
  local requests = client.requests
    :filter(build_query(parameters))
    :select("-asset.items", "-asset.params", "-asset.configuration")
    :order_by("created")
  local total = requests:count()
  local make_row = renderer_type == "json" and object or cells

  return coroutine.wrap(function()
    if renderer_type == "csv" then coroutine.yield(header()) end -- xlsx: the template has it
    local done = 0
    for request in requests:iter() do
      coroutine.yield(make_row(request))
      done = done + 1
      progress(done, total)
    end
  end)
end

return M
