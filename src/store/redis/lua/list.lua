-- list {state, limit, maxBytes?, contains?, from?: {at, id}} → {next?: {at, id}, moved, ready}, jobs…
if not queue.exists then return { '{}' } end
local told, ready = pass(timedStates, bounds.ripenStep)
local reply = { '' }
local latestFirst = isEnded({ state = args.state })
local following = page(args, latestFirst, function(job) show(job, reply) end)
reply[1] = answer({ next = following, moved = told, ready = ready })
return reply
