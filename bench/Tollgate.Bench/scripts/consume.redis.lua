local used = tonumber(redis.call('GET', KEYS[1]) or '0')
if used + tonumber(ARGV[1]) > tonumber(ARGV[2]) then return 0 end
redis.call('INCRBY', KEYS[1], ARGV[1])
redis.call('XADD', 'events', '*', 'customer', KEYS[1], 'quantity', ARGV[1])
return 1
