-- 100 events a request: POST [{id, customer, type}, …], every event of another customer, each id new.
-- Arguments: path, key, type, number of customers, customer prefix, run (6 hex digits), seed.
-- A template is 101 pieces with the place of an id between each two; table.concat puts the request's own 34 characters
-- of the id there and the piece brings the last two, so a request of 9 kB costs one call.
local ffi = require("ffi")
ffi.cdef [[ typedef struct { long seconds; long nanoseconds; } bench_time; int clock_gettime(int clock, bench_time *time); ]]

local now, templates, head = ffi.new("bench_time"), {}, nil
local run, count = nil, 0
local random, floor, concat, format = math.random, math.floor, table.concat, string.format

function init(args)
  local path, key, type, customers, prefix = args[1], args[2], args[3], tonumber(args[4]), args[5]
  run = args[6]
  math.randomseed(tonumber(args[7]))

  local width, numbers = #tostring(customers - 1), {}
  for n = 1, customers do numbers[n] = n - 1 end
  for n = customers, 2, -1 do
    local other = random(1, n)
    numbers[n], numbers[other] = numbers[other], numbers[n]
  end

  for t = 1, floor(customers / 100) do
    local pieces = { '[{"id":"' }
    for n = 1, 100 do
      pieces[n + 1] = format('%02x","customer":"%s%0' .. width .. 'd","type":"%s"}%s',
        n, prefix, numbers[(t - 1) * 100 + n], type, n == 100 and "]" or ',{"id":"')
    end
    templates[t] = pieces
  end

  local length = #concat(templates[1], string.rep("0", 34))
  head = format("POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
    path, key, length)
end

function request()
  ffi.C.clock_gettime(0, now)
  local hex = format("%012x", tonumber(now.seconds) * 1000 + floor(tonumber(now.nanoseconds) / 1000000))
  count = count + 1
  local id = format("%s-%s-7%03x-8%03x-%s%04x", hex:sub(1, 8), hex:sub(9, 12), random(0, 4095), floor(count / 65536) % 4096, run, count % 65536)
  return head .. concat(templates[random(1, #templates)], id)
end

function done(summary, latency)
  dofile(debug.getinfo(1, "S").source:match("^@(.*)events.lua$") .. "report.lua")(summary, latency)
end
