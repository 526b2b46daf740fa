-- Removes the first records of the outbox when they still are those that were read: id, position, how many. Returns how many were removed.
if redis.call('GET', p .. 'id') ~= ARGV[1] or (redis.call('GET', p .. 'usage:position') or '0') ~= ARGV[2] then
  return 0
end
redis.call('LTRIM', p .. 'usage', ARGV[3], -1)
redis.call('INCRBY', p .. 'usage:position', ARGV[3])
return ARGV[3] + 0
