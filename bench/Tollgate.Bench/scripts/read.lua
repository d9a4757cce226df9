-- GET of one customer's page. Arguments: path with {customer} in it, key, number of customers, customer prefix, seed.
local heads = {}
local random = math.random

function init(args)
  local path, key, customers, prefix = args[1], args[2], tonumber(args[3]), args[4]
  math.randomseed(tonumber(args[5]))
  local width = #tostring(customers - 1)
  for n = 0, customers - 1 do
    local customer = string.format("%s%0" .. width .. "d", prefix, n)
    heads[n] = string.format("GET %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n", path:gsub("{customer}", customer), key)
  end
end

function request() return heads[random(0, #heads)] end

function done(summary, latency)
  dofile(debug.getinfo(1, "S").source:match("^@(.*)read.lua$") .. "report.lua")(summary, latency)
end
