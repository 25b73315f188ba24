-- The rows of the render benchmark, made by the same rule as in bench_rows.cc.
local carrel = require "carrel"

local STATUSES = { "approved", "pending", "inquiring", "failed", "tiers_setup" }
local TYPES = { "purchase", "change", "suspend", "resume", "cancel" }
local CITIES =
  { "Barcelona", "São Paulo", "Zürich", "Austin", "Wrocław", "Manila", "Johannesburg" }
local COUNTRIES = { "ES", "BR", "CH", "US", "PL", "PH", "ZA" }
local f = string.format

local products, customers, notes = {}, {}, {}
for p = 0, 49 do
  products[p] = {
    f("PRD-%03d-%03d-%03d", p, p * 7 % 1000, p * 13 % 1000),
    f("Cloud Product %d & Services", p),
    f("PA-%03d-%03d", p % 11, p % 13),
    f("Provider %d Inc.", p % 11),
    f("VA-%03d-%03d", p % 17, p % 19),
    f("Vendor %d Ltd.", p % 17),
    f("MP-%05d", p % 5),
    f("Marketplace %d", p % 5),
    f("HB-%04d-%04d", p % 5, p % 7),
    f("Hub %d", p % 7),
  }
end
for c = 0, 999 do
  customers[c] = {
    f("TA-%04d-%04d-%04d", c, c * 3 % 10000, c * 7),
    f("Customer <%d> Göteborg AB", c),
    f("%d", 1000000 + c),
    f("admin_%d@customer%d.example.com", c, c),
  }
end
for week = 0, 52 do
  notes[week] = f("Ordered by the customer in week %d", week)
end

local function generate(_, parameters)
  local count = math.tointeger(tonumber(parameters.rows))
  -- Dates repeat after a day of rows: what is measured is the writing.
  local dates = {}
  for i = 0, 999 do
    dates[i] = carrel.datetime(f("2020-01-%02dT%02d:%02d:%02d", i % 28 + 1, i % 24, i % 60, i % 60))
  end
  return coroutine.create(function()
    for i = 0, count - 1 do
      local p, c = products[i % 50], customers[i * 31 % 1000]
      local quantity, price = i % 250 + 1, i % 100000 / 100
      coroutine.yield {
        f("PR-%04d-%04d-001", i // 10000, i % 10000),
        f("AS-%012d", i * 7),
        STATUSES[i % 5 + 1],
        TYPES[i // 3 % 5 + 1],
        dates[i % 1000],
        dates[i * 7 % 1000],
        dates[i // 24 % 1000],
        p[1], p[2], p[3], p[4], p[5], p[6],
        c[1], c[2], c[3], c[4],
        CITIES[i % 7 + 1],
        COUNTRIES[i % 7 + 1],
        p[7], p[8], p[9], p[10],
        i % 2 == 0 and "new" or "existing",
        quantity,
        price,
        price * quantity,
        i % 7 / 7,
        notes[i % 53],
      }
    end
  end)
end

return { generate = generate }
