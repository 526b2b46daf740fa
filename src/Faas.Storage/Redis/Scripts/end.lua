-- Ends an attempt: id, attempt, next state, at, failures, ended, line of the history, reason, answer's head ('' for none), answer's body,
-- usage record ('' for none), then the arguments of each entry that follows; see accept(). Returns whether the claim was still the newest.
local id, attempt, state, at, failures, ended, line, reason, head, answer, usage = unpack(ARGV, 1, 11)
local key = p .. 'e:' .. id
local e = redis.call('HMGET', key, 'state', 'attempts', 'seq', 'lane', 'function')
if e[1] ~= RUNNING or e[2] ~= attempt then
  return 0
end

redis.call('HSET', key, 'state', state, 'at', at, 'failures', failures, 'ended', ended, 'reason', reason)
add_history(id, line)
leave(id, e[3], e[4], e[5], RUNNING)
enter(id, e[3], e[4], e[5], state, at)
if state ~= QUEUED and state ~= DEAD then
  redis.call('HDEL', key, 'body')
end
if head ~= '' then
  redis.call('HSET', p .. 'a:' .. id, 'head', head, 'body', answer)
end
if usage ~= '' then
  redis.call('RPUSH', p .. 'usage', usage)
end
for first = 12, #ARGV, ENTRY do
  accept(first)
end
return 1
