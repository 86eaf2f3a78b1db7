-- list {state, limit, maxBytes?, contains?, from?: {at, id}} → {next?: {at, id}, moved, ready}, jobs…
local queue = find(args.queue)
if not queue.exists then return { '{}' } end
local news, ready = pass(queue, timedStates, bounds.ripenStep)
local reply = { '' }
local latestFirst = isEnded({ state = args.state })
local following = page(queue, args, latestFirst, function(job) show(queue, job, reply) end)
finish()
reply[1] = cjson.encode({ next = following, moved = news, ready = ready })
return reply
