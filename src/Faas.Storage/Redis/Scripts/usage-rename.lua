-- Gives the outbox another name in the ledger: the id that it has, the new one. Returns whether it had the former.
if redis.call('GET', p .. 'id') ~= ARGV[1] then
  return 0
end
redis.call('SET', p .. 'id', ARGV[2])
return 1
