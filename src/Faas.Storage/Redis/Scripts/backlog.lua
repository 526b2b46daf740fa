-- Lanes in which something waits or runs: lane, how many wait, how many run, when the first is due (false for none).
local lanes = redis.call('HGETALL', p .. 'lanes')
local backlog = {}
for i = 1, #lanes, 2 do
  local key = p .. 'w:' .. lanes[i]
  local first = redis.call('ZRANGE', key, 0, 0)[1]
  local next_at = first and redis.call('HGET', p .. 'e:' .. id_of(first), 'at') or false
  backlog[#backlog + 1] = { lanes[i], redis.call('ZCARD', key), lanes[i + 1], next_at }
end
return backlog
