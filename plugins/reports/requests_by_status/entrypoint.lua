-- How many requests each product has in each type and status, over the default connection.
-- Memory grows with the number of combinations, not of requests.

local carrel = require "carrel"

local R = carrel.R
local M = {}

local HEADER = {
  "Product ID", "Product", "Type", "Status", "Requests", "First created", "Last created",
}

-- Parameter id -> property that it filters.
local FILTERS = {
  { "product", "asset.product.id" },
  { "marketplace", "marketplace.id" },
  { "hub", "asset.connection.hub.id" },
}

local function build_query(parameters)
  local query = R().created:ge(parameters.period.after) & R().created:le(parameters.period.before)
  for _, filter in ipairs(FILTERS) do
    local chosen = parameters[filter[1]]
    if chosen and not chosen.all then
      query = query & R():n(filter[2]):oneof(chosen.choices)
    end
  end
  return query
end

local function add(groups, request)
  local product = request.asset and request.asset.product or {}
  local kind, status = request.type or "", request.status or ""
  local key = table.concat({ product.id or "", kind, status }, "\0")
  local group = groups[key]
  if not group then
    group = { key = key, product = product, kind = kind, status = status, count = 0 }
    groups[key] = group
  end
  group.count = group.count + 1
  local created = request.created -- ISO 8601 in UTC: sorts as text
  if created then
    if not group.first or created < group.first then group.first = created end
    if not group.last or created > group.last then group.last = created end
  end
end

local function sorted(groups)
  local list = {}
  for _, group in pairs(groups) do list[#list + 1] = group end
  table.sort(list, function(a, b) return a.key < b.key end)
  return list
end

local function cells(group)
  return {
    group.product.id, group.product.name, group.kind, group.status, group.count,
    group.first and carrel.datetime(group.first), group.last and carrel.datetime(group.last),
    n = #HEADER,
  }
end

local function object(group)
  return {
    product_id = group.product.id or carrel.null,
    product = group.product.name or carrel.null,
    type = group.kind,
    status = group.status,
    requests = group.count,
    first_created = group.first or carrel.null,
    last_created = group.last or carrel.null,
  }
end

function M.generate(client, parameters, progress, renderer_type, extra_context)
  local requests = client.requests
    :filter(build_query(parameters))
    :select("-asset.items", "-asset.params", "-asset.configuration", "-asset.tiers")
  local total = requests:count()

  local groups, done = {}, 0
  for request in requests:iter() do
    add(groups, request)
    done = done + 1
    progress(done, total)
  end

  local rows = {}
  if renderer_type == "csv" then rows[1] = HEADER end
  local make_row = renderer_type == "json" and object or cells
  for _, group in ipairs(sorted(groups)) do rows[#rows + 1] = make_row(group) end
  return rows
end

return M
