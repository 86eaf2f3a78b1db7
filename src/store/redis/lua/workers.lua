-- workers {limit, after, worker?, on?, mostDoing} → {workers: [WorkerView]}
local function names()
  local set = args.on and staffKey(find(args.on)) or workersKey
  if not args.worker then return call('ZRANGEBYLEX', set, '(' .. args.after, '+', 'LIMIT', 0, args.limit) end
  if args.worker > args.after and args.limit > 0 and call('ZSCORE', set, args.worker) then return { args.worker } end
  return {}
end

-- What it has under leases; what a purge left there goes.
local function leasesOf(name)
  local held = {}
  for _, member in ipairs(call('ZRANGE', leasesKey(name), 0, args.mostDoing - 1)) do
    local on, id = member:match('^(.*) (%d+)$')
    local job = load(find(on), id)
    local lease = job and job.state == 'leased' and job.details.lease
    if lease and lease.worker == name then
      held[#held + 1] = { queue = on, id = id, since = lease.since, cancel = lease.cancel }
    else
      call('ZREM', leasesKey(name), member)
    end
  end
  return held
end

local workers = {}
for index, name in ipairs(names()) do
  local fields = call('HMGET', workerKey(name), 'startedAt', 'lastSeenAt', 'processed', 'failed')
  local doing = leasesOf(name)
  for _, one in ipairs(doingOf(name)) do doing[#doing + 1] = one end
  local queues = {}
  for at, on in ipairs(call('ZRANGE', onKey(name), 0, -1)) do
    local tally = call('HMGET', tallyKey(find(on)), 'processed ' .. name, 'failed ' .. name)
    queues[at] = { queue = on, processed = tonumber(tally[1] or 0), failed = tonumber(tally[2] or 0) }
  end
  workers[index] = {
    name = name, startedAt = tonumber(fields[1]), lastSeenAt = tonumber(fields[2]),
    processed = tonumber(fields[3] or 0), failed = tonumber(fields[4] or 0), queues = queues, doing = doing,
  }
end
return { cjson.encode({ workers = workers }) }
