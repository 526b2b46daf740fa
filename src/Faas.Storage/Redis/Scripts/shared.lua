-- Every script begins with this text. KEYS[1] is the prefix, with the hash tag that keeps all keys in one slot of a cluster. Below it:
--
--   e:<id>           HASH  an entry: seq, lane, function, nonce, state, at, attempts, failures, owner, started, ended, entry, history, reason, body;
--                          what is 0 or empty from the start is not there, which makes an acceptance cheaper by a seventh
--   a:<id>           HASH  its answer: head, body
--   s:<state>        ZSET  ids of a state by seq; s:<state>:<function> those of a function
--   w:<lane>         ZSET  what waits in a lane, by when it is due
--   leases           ZSET  ids of what runs, by when its lease ends
--   ended            ZSET  ids of what has ended and is no dead letter, by when it is forgotten
--   lanes            HASH  lanes in which something waits or runs: how many run
--   dead             HASH  functions with dead letters: how many
--   k:<lane>\n<key>  HASH  an idempotency key: id, fingerprint, expires; keys is a ZSET of them by expiry
--   seq              how many entries were ever accepted
--   usage            LIST  usage records that are on their way into the ledger; usage:position counts those that arrived there
--   id               names this outbox in the ledger
--
-- Times are microseconds since 1970. They stay the texts that they came as: a number of Lua's loses digits when it becomes text.
local p = KEYS[1]
local QUEUED, RUNNING, DEAD = '0', '1', '4'   -- of InvocationState; what is above 1 has ended

-- What is due at the same time is in the order of acceptance, because members with the same score are sorted as texts.
local function waiting(seq, id)
  return string.format('%016.0f:%s', seq, id)
end

local function id_of(member)
  return string.sub(member, 18)
end

-- An entry comes into a state; `at` is when it is due, when its lease ends, or when it is forgotten.
local function enter(id, seq, lane, fn, state, at)
  redis.call('ZADD', p .. 's:' .. state, seq, id)
  redis.call('ZADD', p .. 's:' .. state .. ':' .. fn, seq, id)
  if state == QUEUED then
    redis.call('ZADD', p .. 'w:' .. lane, at, waiting(seq, id))
    redis.call('HINCRBY', p .. 'lanes', lane, 0)
  elseif state == RUNNING then
    redis.call('ZADD', p .. 'leases', at, id)
    redis.call('HINCRBY', p .. 'lanes', lane, 1)
  elseif state == DEAD then
    redis.call('HINCRBY', p .. 'dead', fn, 1)
  else
    redis.call('ZADD', p .. 'ended', at, id)
  end
end

-- An entry leaves a state. What counts nothing any more is removed, so that lanes and functions leave nothing behind.
local function leave(id, seq, lane, fn, state)
  redis.call('ZREM', p .. 's:' .. state, id)
  redis.call('ZREM', p .. 's:' .. state .. ':' .. fn, id)
  if state == QUEUED or state == RUNNING then
    if state == QUEUED then
      redis.call('ZREM', p .. 'w:' .. lane, waiting(seq, id))
    else
      redis.call('ZREM', p .. 'leases', id)
    end
    local running = redis.call('HINCRBY', p .. 'lanes', lane, state == RUNNING and -1 or 0)
    if running == 0 and redis.call('EXISTS', p .. 'w:' .. lane) == 0 then
      redis.call('HDEL', p .. 'lanes', lane)
    end
  elseif state == DEAD then
    if redis.call('HINCRBY', p .. 'dead', fn, -1) == 0 then
      redis.call('HDEL', p .. 'dead', fn)
    end
  else
    redis.call('ZREM', p .. 'ended', id)
  end
end

local function place(id)
  local e = redis.call('HMGET', p .. 'e:' .. id, 'seq', 'lane', 'function', 'state')
  return e[1], e[2], e[3], e[4]
end

-- Puts an entry back into the line.
local function queue_again(id, at)
  local seq, lane, fn, state = place(id)
  leave(id, seq, lane, fn, state)
  enter(id, seq, lane, fn, QUEUED, at)
  redis.call('HSET', p .. 'e:' .. id, 'state', QUEUED, 'at', at)
  return lane
end

local function add_history(id, line)
  if line ~= '' then
    redis.call('HSET', p .. 'e:' .. id, 'history', (redis.call('HGET', p .. 'e:' .. id, 'history') or '') .. line)
  end
end

local function remove(id)
  local seq, lane, fn, state = place(id)
  leave(id, seq, lane, fn, state)
  redis.call('DEL', p .. 'e:' .. id, p .. 'a:' .. id)
end

-- How many arguments an entry is.
local ENTRY = 14

-- Accepts the entry that the arguments from `first` on tell: id, lane, function, nonce, due, entry, body, accepted, key ('' for none), fingerprint,
-- expiry, then owner, beginning and end of the lease that it is claimed under ('' for none).
local function accept(first)
  local id, lane, fn, nonce, due, entry, body = unpack(ARGV, first, first + 6)
  local accepted, key, fingerprint, expires, owner, started, until_ = unpack(ARGV, first + 7, first + 13)
  local name = lane .. '\n' .. key
  local known = redis.call('HGET', p .. 'e:' .. id, 'nonce')
  if known == nonce then
    return { 'accepted', id }
  end
  if key ~= '' then   -- before the id: a caller who repeats key and id means the same event
    local earlier = redis.call('HMGET', p .. 'k:' .. name, 'id', 'fingerprint', 'expires')
    if earlier[1] and tonumber(earlier[3]) > tonumber(accepted) then
      return { earlier[2] == fingerprint and 'same key' or 'key reused', earlier[1] }
    end
  end
  if known then
    return { 'id taken', id }
  end

  local seq = redis.call('INCR', p .. 'seq')
  local e = p .. 'e:' .. id
  if owner == '' then
    redis.call('HSET', e, 'seq', seq, 'lane', lane, 'function', fn, 'nonce', nonce, 'entry', entry, 'body', body, 'state', QUEUED, 'at', due)
    enter(id, seq, lane, fn, QUEUED, due)
  else
    redis.call('HSET', e, 'seq', seq, 'lane', lane, 'function', fn, 'nonce', nonce, 'entry', entry, 'body', body, 'state', RUNNING, 'at', until_,
      'attempts', 1, 'owner', owner, 'started', started)
    enter(id, seq, lane, fn, RUNNING, until_)
  end
  if key ~= '' then
    redis.call('HSET', p .. 'k:' .. name, 'id', id, 'fingerprint', fingerprint, 'expires', expires)
    redis.call('ZADD', p .. 'keys', expires, name)
  end
  return { 'accepted', id }
end

-- An entry as it is read, with the length of its body instead of the body.
local function row(id)
  local e = redis.call('HMGET', p .. 'e:' .. id, 'entry', 'state', 'at', 'attempts', 'failures', 'started', 'ended', 'history', 'reason')
  for i = 4, 7 do
    e[i] = e[i] or '0'
  end
  e[8], e[9], e[10] = e[8] or '', e[9] or '', redis.call('HSTRLEN', p .. 'e:' .. id, 'body')
  return e
end

-- The ids of the chosen dead letters, oldest first. `what` is 'id', 'function' or 'all'.
local function choose_dead(what, name, limit)
  if what == 'id' then
    return redis.call('HGET', p .. 'e:' .. name, 'state') == DEAD and { name } or {}
  end
  local list = what == 'function' and p .. 's:4:' .. name or p .. 's:4'
  return redis.call('ZRANGE', list, 0, limit - 1)
end
