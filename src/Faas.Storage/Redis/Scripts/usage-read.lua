-- The outbox's id, its position and its first records: a new id, should it have none; how many records. The id comes into being here and not at the
-- connection, so that it is there again after Redis was emptied.
redis.call('SET', p .. 'id', ARGV[1], 'NX')
return { redis.call('GET', p .. 'id'), redis.call('GET', p .. 'usage:position') or '0', redis.call('LRANGE', p .. 'usage', 0, ARGV[2] - 1) }
