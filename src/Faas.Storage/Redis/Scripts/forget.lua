-- Removes ended entries and idempotency keys whose time is over: now, limit of each. Returns how many.
local ids = redis.call('ZRANGEBYSCORE', p .. 'ended', '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, id in ipairs(ids) do
  remove(id)
end
local names = redis.call('ZRANGEBYSCORE', p .. 'keys', '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, name in ipairs(names) do
  redis.call('DEL', p .. 'k:' .. name)
  redis.call('ZREM', p .. 'keys', name)
end
return #ids + #names
