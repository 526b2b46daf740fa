-- Puts back what lost.lua found and still holds: now, whether an owner is given, owner, then id, attempt and line of the history of each.
-- Returns lane and id of each.
local now, has_owner, owner = ARGV[1], ARGV[2] == '1', ARGV[3]
local back = {}
for i = 4, #ARGV, 3 do
  local id = ARGV[i]
  local e = redis.call('HMGET', p .. 'e:' .. id, 'state', 'attempts', 'at', 'owner')
  if e[1] == RUNNING and e[2] == ARGV[i + 1] and (tonumber(e[3]) < tonumber(now) or has_owner and e[4] == owner) then
    add_history(id, ARGV[i + 2])
    back[#back + 1] = { queue_again(id, now), id }
  end
end
return back
