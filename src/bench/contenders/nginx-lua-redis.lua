-- Returns one line, which Redis stores under its number. Each worker keeps a pool of connections.
local redis = require "nginx.redis"

local POOL_SIZE = 1024
local POOL_IDLE_MILLIS = 60000
local TIMEOUT_MILLIS = 1000

local number = string.match(ngx.var.uri, "^/lines/(%d+)$")
if not number then
  return ngx.exit(ngx.HTTP_BAD_REQUEST)
end

local client = redis:new()
client:set_timeout(TIMEOUT_MILLIS)
local connected = client:connect("127.0.0.1", tonumber(ngx.var.redis_port))
if not connected then
  return ngx.exit(ngx.HTTP_SERVICE_UNAVAILABLE)
end
local line, failure = client:get(number)
if failure then
  return ngx.exit(ngx.HTTP_SERVICE_UNAVAILABLE)
end
client:set_keepalive(POOL_IDLE_MILLIS, POOL_SIZE)
if line == ngx.null then
  return ngx.exit(413)
end
ngx.header.content_length = #line
ngx.print(line)
