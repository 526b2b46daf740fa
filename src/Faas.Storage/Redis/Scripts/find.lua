-- An entry by its id; nothing when there is none.
return redis.call('EXISTS', p .. 'e:' .. ARGV[1]) == 1 and row(ARGV[1])
