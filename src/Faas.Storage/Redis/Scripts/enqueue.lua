-- Accepts entries, each for itself; see accept(). Returns the outcome and the event's id of each.
local accepted = {}
for first = 1, #ARGV, ENTRY do
  accepted[#accepted + 1] = accept(first)
end
return accepted
