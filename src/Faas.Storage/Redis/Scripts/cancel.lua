-- Cancels an entry: id, now, until when it is kept, then the attempt that is known to run and its line of the history (left out at first).
-- Returns what came of it, or attempt and beginning of the attempt that runs, for which a line is needed.
local id, now, keep, attempt, line = unpack(ARGV)
local key = p .. 'e:' .. id
local e = redis.call('HMGET', key, 'state', 'attempts', 'started', 'seq', 'lane', 'function')
if not e[1] then
  return 'not found'
elseif e[1] ~= QUEUED and e[1] ~= RUNNING then
  return 'has ended'
elseif e[1] == RUNNING and e[2] ~= attempt then
  return { e[2], e[3] }
end

redis.call('HSET', key, 'state', '5', 'at', keep, 'ended', now)
if e[1] == RUNNING then
  add_history(id, line)
end
leave(id, e[4], e[5], e[6], e[1])
enter(id, e[4], e[5], e[6], '5', keep)
redis.call('HDEL', key, 'body')
return e[1] == RUNNING and 'cancelled running' or 'cancelled'
