-- Removes dead letters: what is chosen ('id', 'function' or 'all'), its name, limit. Returns how many.
local ids = choose_dead(ARGV[1], ARGV[2], ARGV[3])
for _, id in ipairs(ids) do
  remove(id)
end
return #ids
