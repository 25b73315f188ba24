-- What was used of each item, by day or month, tier and currency. Holds one group in memory for
-- each of these, and the ids of its subscriptions, never the records.

local usage = require "lib.usage"

local M = {}

local COLUMNS = {
  { "Period", function(group) return group.period end },
  { "Product ID", function(group) return group.product.id end },
  { "Product", function(group) return group.product.name end },
  { "Item ID", function(group) return group.item.id end },
  { "MPN", function(group) return group.item.mpn end },
  { "Item", function(group) return group.item.name end },
  { "Unit", function(group) return group.item.unit end },
  { "Tier", function(group) return group.tier end },
  { "Currency", function(group) return group.currency end },
  { "Subscriptions", function(group) return group.subscriptions.count end },
  { "Records", function(group) return group.records end },
  { "Quantity", function(group) return group.quantity end },
  { "Amount", function(group) return group.amount end },
}

-- How much of "2025-02-01T00:00:00+00:00" names the period.
local PERIOD_LENGTHS = { day = 10, month = 7 }

function M.generate(client, parameters, progress, renderer_type, extra_context)
  local length = PERIOD_LENGTHS[parameters.granularity or "month"]
  local function period_of(record) return record.start_date:sub(1, length) end

  local groups = usage.groups(function(record)
    return {
      period = period_of(record), product = record.product, item = record.item,
      tier = record.tier, currency = record.usagefile.currency,
      subscriptions = usage.distinct(), records = 0,
    }
  end)
  local records = usage.records(usage.client(), parameters)
  local total, done = records:count(), 0
  for record in records:iter() do
    local group = groups.at({ period_of(record), record.product.id, record.item.id, record.tier,
      record.usagefile.currency, n = 5 }, record)
    group.subscriptions(record.asset.id)
    group.records = group.records + 1
    usage.add(group, "quantity", record.usage)
    usage.add(group, "amount", record.amount)
    done = done + 1
    progress(done, total)
  end
  return usage.rows(COLUMNS, groups.sorted(), renderer_type)
end

return M
