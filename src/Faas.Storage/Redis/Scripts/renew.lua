-- Extends leases: until, then id and attempt of each claim. Returns the places (from 0) of those that are lost.
local lost = {}
for i = 2, #ARGV, 2 do
  local id = ARGV[i]
  local e = redis.call('HMGET', p .. 'e:' .. id, 'state', 'attempts')
  if e[1] == RUNNING and e[2] == ARGV[i + 1] then
    redis.call('HSET', p .. 'e:' .. id, 'at', ARGV[1])
    redis.call('ZADD', p .. 'leases', ARGV[1], id)
  else
    lost[#lost + 1] = i / 2 - 1
  end
end
return lost
