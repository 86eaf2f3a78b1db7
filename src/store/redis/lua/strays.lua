-- strays {kind, from, limit} → {queues, more}: of those that somebody is to look at, those that are not among the queues.
local found = call('ZRANGE', key(args.kind), args.from, args.from + args.limit - 1)
local queues = {}
for _, queue in ipairs(found) do
  if not call('ZSCORE', key('queues'), queue) then queues[#queues + 1] = queue end
end
return { cjson.encode({ queues = queues, more = #found == args.limit }) }
