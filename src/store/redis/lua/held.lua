-- held {workers?, most} → {held: [{worker, id, since, cancel?}]}: what these workers, or all, have under leases; by worker and id.
local held = {}

local function find(low, high)
  for _, member in ipairs(call('ZRANGEBYLEX', key('held'), low, high, 'LIMIT', 0, args.most)) do
    local worker, id = member:match('^(.*)\n(%d+)$')
    local lease = load(id).details.lease
    held[#held + 1] = { worker = worker, id = id, since = lease.since, cancel = lease.cancel }
  end
end

if args.workers then
  for _, worker in ipairs(args.workers) do find('[' .. heldBy(worker, ''), '(' .. worker .. '\v') end
else
  find('-', '+')
end
return { cjson.encode({ held = held }) }
