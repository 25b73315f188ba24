-- What each subscription used in a period, by tier and currency. Holds one group in memory for
-- each of these, never the records.

local carrel = require "carrel"
local usage = require "lib.usage"

local M = {}

local function text_of(object, name) return object and object[name] end
local function time_of(text) return text and carrel.datetime(text) end

local COLUMNS = {
  { "Subscription ID", function(group) return group.asset.id end },
  { "External ID", function(group) return group.asset.external_id end },
  { "Product ID", function(group) return group.product.id end },
  { "Product", function(group) return group.product.name end },
  { "Marketplace", function(group) return text_of(group.marketplace, "name") end },
  { "Customer ID", function(group) return text_of(group.customer, "id") end },
  { "Customer", function(group) return text_of(group.customer, "name") end },
  { "Tier", function(group) return group.tier end },
  { "Currency", function(group) return group.currency end },
  { "Usage files", function(group) return group.files.count end },
  { "Records", function(group) return group.records end },
  { "Amount", function(group) return group.amount end },
  { "First usage", function(group) return time_of(group.first) end },
  { "Last usage", function(group) return time_of(group.last) end },
}

local function new_group(record)
  local asset = record.asset
  return {
    asset = asset, product = record.product, marketplace = record.marketplace,
    customer = asset.tiers and asset.tiers.customer, tier = record.tier,
    currency = record.usagefile.currency, files = usage.distinct(), records = 0,
  }
end

-- The API gives times in UTC in one form, so that they sort as text.
local function add(group, record)
  group.files(record.usagefile.id)
  group.records = group.records + 1
  usage.add(group, "amount", record.amount)
  local first, last = record.start_date, record.end_date
  if not group.first or first < group.first then group.first = first end
  if not group.last or last > group.last then group.last = last end
end

function M.generate(client, parameters, progress, renderer_type, extra_context)
  local records = usage.records(usage.client(), parameters)
  local total, done = records:count(), 0
  local groups = usage.groups(new_group)
  for record in records:iter() do
    local key = { record.asset.id, record.tier, record.usagefile.currency, n = 3 }
    add(groups.at(key, record), record)
    done = done + 1
    progress(done, total)
  end
  return usage.rows(COLUMNS, groups.sorted(), renderer_type)
end

return M
