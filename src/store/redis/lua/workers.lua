-- workers {limit, after, worker?, on?, mostHeld} → {workers: [WorkerView, but with `heldIn`: [{queue, at}] for what it has under leases]}
local function names()
  local set = args.on and staffKey(args.on) or workersKey
  if not args.worker then return call('ZRANGEBYLEX', set, '(' .. args.after, '+', 'LIMIT', 0, args.limit) end
  if args.worker > args.after and args.limit > 0 and call('ZSCORE', set, args.worker) then return { args.worker } end
  return {}
end

local workers = {}
for index, name in ipairs(names()) do
  local fields = call('HMGET', workerKey(name), 'startedAt', 'lastSeenAt', 'processed', 'failed')
  local queues, heldIn = {}, {}
  for at, on in ipairs(call('ZRANGE', onKey(name), 0, -1)) do
    local tally = call('HMGET', tallyKey(on), 'processed ' .. name, 'failed ' .. name)
    queues[at] = { queue = on, processed = tonumber(tally[1] or 0), failed = tonumber(tally[2] or 0) }
  end
  local held = call('ZRANGE', heldKey(name), 0, args.mostHeld - 1, 'WITHSCORES')
  for at = 1, #held, 2 do heldIn[#heldIn + 1] = { queue = held[at], at = held[at + 1] } end
  workers[index] = {
    name = name, startedAt = tonumber(fields[1]), lastSeenAt = tonumber(fields[2]),
    processed = tonumber(fields[3] or 0), failed = tonumber(fields[4] or 0),
    queues = queues, doing = doingOf(name), heldIn = heldIn,
  }
end
return { cjson.encode({ workers = workers }) }
