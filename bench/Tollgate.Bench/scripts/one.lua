-- One decision a request: POST {customer, feature[, id]}.
-- Arguments: path, key, feature, number of customers, customer prefix, order (random|each|first), ids (ids|none), run (6 hex digits), seed.
-- The request's text is put together from ready-made parts, so that the generator costs the same for every path.
local ffi = require("ffi")
ffi.cdef [[ typedef struct { long seconds; long nanoseconds; } bench_time; int clock_gettime(int clock, bench_time *time); ]]

local now, hex3, heads = ffi.new("bench_time"), {}, {}
local head_of, next_customer, with_ids, run
local count, stamp = 0, ""
local random, floor = math.random, math.floor

for n = 0, 4095 do hex3[n] = string.format("%03x", n) end

function init(args)
  local path, key, feature, customers, prefix, order = args[1], args[2], args[3], tonumber(args[4]), args[5], args[6]
  with_ids, run = args[7] == "ids", args[8]
  math.randomseed(tonumber(args[9]))

  local width = #tostring(customers - 1)
  local function make(n)
    local body = string.format('{"customer":"%s%0' .. width .. 'd","feature":"%s"', prefix, n, feature)
    local length = #body + (with_ids and 45 or 1)
    return string.format(
      "POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s%s",
      path, key, length, body, with_ids and ',"id":"' or "}")
  end

  if customers <= 20000 then
    for n = 0, customers - 1 do heads[n] = make(n) end
    head_of = function(n) return heads[n] end
  else
    head_of = make
  end

  if order == "first" then next_customer = function() return 0 end
  elseif order == "each" then
    local n = -1
    next_customer = function() n = n + 1; if n == customers then n = 0 end; return n end
  else next_customer = function() return random(0, customers - 1) end end
end

-- A UUIDv7: the time in milliseconds, then what makes it unique: random digits, the run and a counter.
local function next_id()
  if count % 16 == 0 then
    ffi.C.clock_gettime(0, now)
    local hex = string.format("%012x", tonumber(now.seconds) * 1000 + floor(tonumber(now.nanoseconds) / 1000000))
    stamp = hex:sub(1, 8) .. "-" .. hex:sub(9, 12) .. "-7"
  end
  count = count + 1
  return stamp .. hex3[random(0, 4095)] .. "-8" .. hex3[random(0, 4095)] .. "-" .. run .. hex3[floor(count / 4096) % 4096] .. hex3[count % 4096]
end

function request()
  local head = head_of(next_customer())
  if with_ids then return head .. next_id() .. '"}' end
  return head
end

function done(summary, latency)
  dofile(debug.getinfo(1, "S").source:match("^@(.*)one.lua$") .. "report.lua")(summary, latency)
end
