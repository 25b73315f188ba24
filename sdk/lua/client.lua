-- The client of a report: collections, resource sets and resources over native.call. The same calls
-- as connect-openapi-client makes, written the Lua way; README.md lists them. Adds make_client to
-- the table of native functions.

local native = ...

local error, ipairs, pairs, pcall = error, ipairs, pairs, pcall
local rawequal, rawget = rawequal, rawget
local setmetatable, tonumber, tostring, type = setmetatable, tonumber, tostring, type
local math_type, table_concat = math.type, table.concat
local byte, find, format, gmatch = string.byte, string.find, string.format, string.gmatch
local gsub, match, sub = string.gsub, string.match, string.sub
local R, null = native.carrel.R, native.null

-- errors ---------------------------------------------------------------------------------------

local ApiError = { __metatable = false, __name = "api error" }
ApiError.__tostring = function(failure) return failure.text end
native.tag("api_error", ApiError)

local REASONS = {
  [400] = "Bad Request", [401] = "Unauthorized", [402] = "Payment Required", [403] = "Forbidden",
  [404] = "Not Found", [405] = "Method Not Allowed", [406] = "Not Acceptable",
  [408] = "Request Timeout", [409] = "Conflict", [410] = "Gone",
  [413] = "Request Entity Too Large", [414] = "Request-URI Too Long",
  [415] = "Unsupported Media Type", [422] = "Unprocessable Entity", [429] = "Too Many Requests",
  [500] = "Internal Server Error", [501] = "Not Implemented", [502] = "Bad Gateway",
  [503] = "Service Unavailable", [504] = "Gateway Timeout",
}

local function raise_status(status, answer)
  local message = status .. " " .. (REASONS[status] or "Error")
  local failure = { status = status, message = message, text = message }
  if type(answer) == "table" and type(answer.errors) == "table" and answer.error_code then
    failure.error_code = answer.error_code
    failure.errors = answer.errors
    local texts = {}
    for i, text in ipairs(answer.errors) do texts[i] = tostring(text) end
    failure.text = format("%s: %s - %s", message, tostring(answer.error_code),
      table_concat(texts, ","))
  end
  error(setmetatable(failure, ApiError))
end

-- calls ----------------------------------------------------------------------------------------

local UNSAFE = "[^A-Za-z0-9_.~!$&'()*+,/:;=?@%[%]%%-]"

local function percent(character)
  return format("%%%02X", byte(character))
end

-- RQL as written becomes what a URL may hold; escapes already made stay.
local function quote(text)
  text = gsub(text, "%%(%x?%x?)", function(digits)
    return #digits == 2 and "%" .. digits or "%25" .. digits
  end)
  return (gsub(text, UNSAFE, percent))
end

local function call(client, method, path, query, payload)
  local body = payload ~= nil and native.encode(payload) or nil
  local status, answer, range = native.call(rawget(client, "connection"), method, quote(path),
    quote(query or ""), body)
  if not status then
    error(setmetatable({ message = answer, text = answer }, ApiError))
  elseif status >= 400 then
    raise_status(status, answer)
  end
  if rawequal(answer, null) then answer = nil end
  return answer, range
end

-- "items 0-99/250" -> 0, 99, 250
local function parse_range(range)
  local first, last, count = match(range, "^%S+ (%d+)%-(%d+)/(%d+)$")
  return tonumber(first), tonumber(last), tonumber(count)
end

local function check_name(what, value)
  if type(value) ~= "string" or value == "" then
    error(format("%s must be a text that is not empty", what), 3)
  end
  return value
end

-- resource sets --------------------------------------------------------------------------------

local set_methods = {}
local ResourceSet = { __metatable = false, __name = "resource set", __index = set_methods }

local function copy_array(source, ...)
  local copy = {}
  for i, element in ipairs(source) do copy[i] = element end
  for _, element in ipairs { ... } do copy[#copy + 1] = element end
  return copy
end

local function new_set(client, path, query)
  return setmetatable({ client = client, path = path, query = query or R(),
    page_size = rawget(client, "default_limit") or 100, fields = {}, ordering = {} }, ResourceSet)
end

local function copy_set(set)
  return setmetatable({ client = set.client, path = set.path, query = set.query,
    page_size = set.page_size, fields = set.fields, ordering = set.ordering, term = set.term,
    first_item = set.first_item, last_item = set.last_item, paths = set.paths }, ResourceSet)
end

local function query_string(set, limit, offset)
  local parts = {}
  if #set.fields > 0 then parts[1] = "select(" .. table_concat(set.fields, ",") .. ")" end
  if not native.is_empty_query(set.query) then parts[#parts + 1] = tostring(set.query) end
  if #set.ordering > 0 then
    parts[#parts + 1] = "ordering(" .. table_concat(set.ordering, ",") .. ")"
  end
  parts[#parts + 1] = format("limit=%d&offset=%d", limit, offset)
  if set.term then parts[#parts + 1] = "search=" .. gsub(quote(set.term), "[&+=]", percent) end
  return table_concat(parts, "&")
end

local function as_query(filter)
  if native.is_query(filter) then return filter end
  if type(filter) == "string" then return native.raw_query(filter) end
  if type(filter) == "table" then return R(filter) end
  error("filter takes an R, RQL text or a table, not a " .. type(filter), 3)
end

-- Joins its arguments with `and`: an R, RQL text (sent as it stands) or a table as R{} takes.
function set_methods.filter(set, ...)
  local copy = copy_set(set)
  for _, filter in ipairs { ... } do copy.query = copy.query & as_query(filter) end
  return copy
end

function set_methods.all(set) return copy_set(set) end

function set_methods.order_by(set, ...)
  local copy = copy_set(set)
  copy.ordering = copy_array(set.ordering, ...)
  return copy
end

function set_methods.select(set, ...)
  local copy = copy_set(set)
  copy.fields = copy_array(set.fields, ...)
  return copy
end

function set_methods.search(set, term)
  local copy = copy_set(set)
  copy.term = check_name("the search term", term)
  return copy
end

-- The number of items of one page.
function set_methods.limit(set, count)
  if math_type(count) ~= "integer" or count < 1 then
    error("limit must be a positive integer", 2)
  end
  local copy = copy_set(set)
  copy.page_size = count
  return copy
end

-- Items `first` to `last` of the set, counted from 1 as in string.sub.
function set_methods.slice(set, first, last)
  if math_type(first) ~= "integer" or math_type(last) ~= "integer" or first < 1 then
    error("slice takes two positive integers", 2)
  end
  local copy = copy_set(set)
  local base = set.first_item or 1
  copy.first_item = base + first - 1
  copy.last_item = base + last - 1
  if set.last_item and set.last_item < copy.last_item then copy.last_item = set.last_item end
  return copy
end

local function fetch(set, limit, offset)
  local items, range = call(set.client, "GET", set.path, query_string(set, limit, offset))
  if type(items) ~= "table" then
    local message = set.path .. " did not answer with a list"
    error(setmetatable({ message = message, text = message }, ApiError))
  end
  return items, range
end

-- How many there are, one request; free once a loop over this set has begun.
function set_methods.count(set)
  if not set.total then
    local _, range = fetch(set, 0, 0)
    local _, _, count = parse_range(range)
    if not count then error(set.path .. " did not tell how many items there are", 2) end
    set.total = count
  end
  return set.total
end

local function resolve(item, path)
  for name in gmatch(path, "[^.]+") do
    if type(item) ~= "table" then return nil end
    item = item[name]
  end
  return item
end

local function shaped(set, item)
  if not set.paths then return item end
  local values = {}
  for _, path in ipairs(set.paths) do values[path] = resolve(item, path) end
  return values
end

-- Items become tables {path = value} with only these dotted paths.
function set_methods.values_list(set, ...)
  local copy = copy_set(set)
  copy.paths = { ... }
  return copy
end

-- for item in set:iter() do ... end. One page in memory at a time; each call starts anew.
function set_methods.iter(set)
  local offset = (set.first_item or 1) - 1
  local stop = set.last_item  -- fetch items with an offset below it
  local items, position, more = nil, 0, true
  return function()
    while true do
      position = position + 1
      if items and position <= #items then return shaped(set, items[position]) end
      local limit = set.page_size
      if stop and stop - offset < limit then limit = stop - offset end
      if not more or limit <= 0 then return nil end
      local range
      items, range = fetch(set, limit, offset)
      local _, last, count = parse_range(range)
      set.total = count or set.total
      more = #items > 0 and count ~= nil and last < count - 1
      offset = offset + limit
      position = 0
    end
  end
end

-- The item at `position` (from 1), or nil; one request.
function set_methods.at(set, position)
  if math_type(position) ~= "integer" or position < 1 then
    error("at takes a positive integer", 2)
  end
  local item = fetch(set, 1, (set.first_item or 1) + position - 2)[1]
  return item and shaped(set, item)
end

function set_methods.first(set) return set_methods.at(set, 1) end

-- All items in one array.
function set_methods.list(set)
  local items = native.carrel.array {}
  for item in set_methods.iter(set) do items[#items + 1] = item end
  return items
end

-- paths ----------------------------------------------------------------------------------------

-- An object whose unknown names are parts of the path: client.tier_accounts is
-- client:collection("tier-accounts"). Its own state lies in raw fields.
local function path_class(name, methods, child)
  return {
    __metatable = false,
    __name = name,
    __tostring = function(object) return name .. " " .. rawget(object, "path") end,
    __index = function(object, key)
      local method = methods[key]
      if method ~= nil then return method end
      return child(object, key)
    end,
  }
end

local function join_path(object, name)
  local path = rawget(object, "path")
  return path == "" and name or path .. "/" .. name
end

local collection_methods, resource_methods, namespace_methods, action_methods = {}, {}, {}, {}
local Collection, Resource, Namespace, Action

local function new(class, object, name)
  return setmetatable({ client = rawget(object, "client") or object,
    path = join_path(object, name) }, class)
end

local function collection(object, name)
  return new(Collection, object, check_name("the name of a collection", name))
end

local function collection_by_attribute(object, name)
  if type(name) ~= "string" then return nil end
  return collection(object, (gsub(name, "_", "-")))
end

local function namespace(object, name)
  return new(Namespace, object, check_name("the name of a namespace", name))
end

local function action(object, name)
  return new(Action, object, check_name("the name of an action", name))
end

local function own(object) return rawget(object, "client"), rawget(object, "path") end

local function resource(object, id)
  if math_type(id) == "integer" then id = tostring(id) end
  return new(Resource, object, check_name("the id of a resource", id))
end

namespace_methods.collection = collection
namespace_methods.ns = namespace
Namespace = path_class("namespace", namespace_methods, collection_by_attribute)
Namespace.__call = namespace

function collection_methods.all(object) return new_set(own(object)) end
for _, name in ipairs { "filter", "order_by", "select", "search", "limit", "slice", "values_list",
  "count", "first", "at", "iter", "list" } do
  collection_methods[name] = function(object, ...)
    return set_methods[name](new_set(own(object)), ...)
  end
end
function collection_methods.create(object, payload)
  local client, path = own(object)
  return (call(client, "POST", path, "", payload))
end
collection_methods.resource = resource
collection_methods.action = action
Collection = path_class("collection", collection_methods, resource)
Collection.__call = action

for name, method in pairs { get = "GET", update = "PUT", delete = "DELETE" } do
  resource_methods[name] = function(object, payload)
    local client, path = own(object)
    return (call(client, method, path, "", payload))
  end
end
function resource_methods.get(object)
  local client, path = own(object)
  return (call(client, "GET", path))
end
function resource_methods.exists(object)
  local done, failure = pcall(resource_methods.get, object)
  if done then return true end
  if type(failure) == "table" and failure.status == 404 then return false end
  error(failure, 0)
end
resource_methods.collection = collection
resource_methods.action = action
Resource = path_class("resource", resource_methods, collection_by_attribute)
Resource.__call = action

for name, method in pairs { get = "GET", post = "POST", put = "PUT", delete = "DELETE" } do
  action_methods[name] = function(object, payload)
    local client, path = own(object)
    return (call(client, method, path, "", payload))
  end
end
Action = path_class("action", action_methods, function() return nil end)

-- client ---------------------------------------------------------------------------------------

local client_methods = { collection = collection, ns = namespace }

-- "/path?query", with or without the endpoint before it -> path, query
local function split_url(client, url)
  local endpoint = rawget(client, "endpoint")
  if endpoint ~= "" and sub(url, 1, #endpoint) == endpoint then url = sub(url, #endpoint + 1) end
  url = gsub(url, "^/+", "")
  local mark = find(url, "?", 1, true)
  if not mark then return url, "" end
  return sub(url, 1, mark - 1), sub(url, mark + 1)
end

for name, method in pairs { get = "GET", create = "POST", update = "PUT", delete = "DELETE" } do
  client_methods[name] = function(client, url, payload)
    local path, query = split_url(client, check_name("the path", url))
    return (call(client, method, path, query, payload))
  end
end

local Client = path_class("client", client_methods, collection_by_attribute)
Client.__call = namespace

local function make_client(connection, endpoint, api_key, default_limit)
  return setmetatable({ connection = connection, endpoint = endpoint, api_key = api_key,
    default_limit = default_limit, path = "" }, Client)
end

native.make_client = make_client

-- carrel.connection("billing"): a client of another connection that the report may call.
function native.carrel.connection(name)
  return make_client(check_name("the name of a connection", name), "", "", 500)
end
