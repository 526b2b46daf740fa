-- Entries in the order of acceptance: the list (s:<state> or s:<state>:<function>), limit, and after which id (left out for the first).
local seq = ARGV[3] and redis.call('HGET', p .. 'e:' .. ARGV[3], 'seq') or 0
local rows = {}
for i, id in ipairs(redis.call('ZRANGEBYSCORE', p .. ARGV[1], '(' .. seq, '+inf', 'LIMIT', 0, ARGV[2])) do
  rows[i] = row(id)
end
return rows
