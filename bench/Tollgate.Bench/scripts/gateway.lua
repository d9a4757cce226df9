-- One chat completion a request. Arguments: path, key, then pairs of name and value of further headers.
local text

function init(args)
  local body = '{"model":"gpt-4o-mini","max_tokens":200,"messages":[{"role":"system","content":"You are a helpful assistant."},'
    .. '{"role":"user","content":"Write one sentence about a bridge that connects two towns over a wide and quiet river."}]}'
  local headers = ""
  for i = 3, #args - 1, 2 do headers = headers .. args[i] .. ": " .. args[i + 1] .. "\r\n" end
  text = string.format(
    "POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
    args[1], args[2], headers, #body, body)
end

function request() return text end

function done(summary, latency)
  dofile(debug.getinfo(1, "S").source:match("^@(.*)gateway.lua$") .. "report.lua")(summary, latency)
end
