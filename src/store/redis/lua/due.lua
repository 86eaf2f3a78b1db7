-- due {visitMs} → {queues: [{queue, visited}], more, nextAt?}: the queues to look at now. Who is told of one has it for `visitMs`; then it comes up again,
-- unless the visit was told.
local queues, isIn = {}, {}

local function claim(queue)
  if isIn[queue] then return end
  isIn[queue] = true
  call('ZADD', visitKey, 'GT', int(now + args.visitMs), queue)
  queues[#queues + 1] = { queue = queue, visited = call('ZSCORE', visitKey, queue) }
end

local more = false

local function due(set)
  local found = call('ZRANGEBYSCORE', set, '-inf', int(now), 'LIMIT', 0, bounds.tendQueues)
  more = more or #found == bounds.tendQueues
  return found
end

for _, queue in ipairs(due(nextKey)) do
  call('ZREM', nextKey, queue)
  claim(queue)
end
for _, queue in ipairs(due(visitKey)) do claim(queue) end
return { cjson.encode({ queues = queues, more = more, nextAt = firstScore(nextKey) }) }
