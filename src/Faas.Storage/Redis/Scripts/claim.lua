-- Claims what is due: lane, now, count, owner, started, until. Returns when the next is due (false for none) and the claims: entry, body, attempt, failures.
local lane, now, count, owner, started, until_ = unpack(ARGV)
local claims = {}
for i, member in ipairs(redis.call('ZRANGEBYSCORE', p .. 'w:' .. lane, '-inf', now, 'LIMIT', 0, count)) do
  local id = id_of(member)
  local key = p .. 'e:' .. id
  local e = redis.call('HMGET', key, 'entry', 'body', 'failures', 'seq', 'function')
  local attempt = redis.call('HINCRBY', key, 'attempts', 1)
  redis.call('HSET', key, 'state', RUNNING, 'at', until_, 'owner', owner, 'started', started)
  leave(id, e[4], lane, e[5], QUEUED)
  enter(id, e[4], lane, e[5], RUNNING, until_)
  claims[i] = { e[1], e[2], attempt, e[3] or '0' }
end

local first = redis.call('ZRANGE', p .. 'w:' .. lane, 0, 0)[1]
return { first and redis.call('HGET', p .. 'e:' .. id_of(first), 'at') or false, claims }
