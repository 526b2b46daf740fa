-- Finds what is claimed under leases that ended before `now` or under a lease of `owner`: now, limit, owner (left out for nobody's).
-- Returns id, attempt and beginning of each. Changes nothing: what is said of a cut attempt is written by who asks, and requeue.lua looks again.
local limit = tonumber(ARGV[2])
local ids = redis.call('ZRANGEBYSCORE', p .. 'leases', '-inf', '(' .. ARGV[1], 'LIMIT', 0, limit)
if ARGV[3] then
  -- What runs is bounded by what the nodes can run at a time, and owners rarely end; a list for each owner would cost every claim.
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', p .. 'leases', ARGV[1], '+inf')) do
    if #ids >= limit then
      break
    end
    if redis.call('HGET', p .. 'e:' .. id, 'owner') == ARGV[3] then
      ids[#ids + 1] = id
    end
  end
end

local lost = {}
for i, id in ipairs(ids) do
  local e = redis.call('HMGET', p .. 'e:' .. id, 'attempts', 'started')
  lost[i] = { id, e[1], e[2] }
end
return lost
