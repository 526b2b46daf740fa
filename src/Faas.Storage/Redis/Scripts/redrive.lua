-- Queues dead letters again: what is chosen ('id', 'function' or 'all'), its name, limit, now. Returns their lanes.
local lanes = {}
for i, id in ipairs(choose_dead(ARGV[1], ARGV[2], ARGV[3])) do
  lanes[i] = queue_again(id, ARGV[4])
  redis.call('HSET', p .. 'e:' .. id, 'failures', '0', 'ended', '0', 'reason', '')
  redis.call('DEL', p .. 'a:' .. id)
end
return lanes
