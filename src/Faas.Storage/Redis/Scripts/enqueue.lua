-- Accepts an entry; see accept(). With three more arguments (owner, started, until) it is claimed as attempt 1. Returns the outcome and the event's id.
return accept(1, ARGV[12], ARGV[13], ARGV[14])
