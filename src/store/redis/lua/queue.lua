-- queue {} → the counts of QueueView, moved, ready
local reply = { stopped = queue.stopped, policy = queue.policy, revision = queue.revision, passed = 0 }
if queue.exists then reply.moved, reply.passed = pass(timedStates, bounds.ripenStep) end

for _, state in ipairs({ 'ready', 'delayed', 'leased', 'done', 'dead' }) do
  reply[state] = call('ZCARD', key(state))
end
for _, state in ipairs({ 'delayed', 'leased' }) do
  local late = call('ZCOUNT', key(state), '-inf', int(now))
  reply[state] = reply[state] - late
  reply.ready = reply.ready + late
end

-- The lowest id of all ranks.
local oldest = nil
for rank = 0, 9 do
  local low, high = int(rank * highestId), '(' .. int((rank + 1) * highestId)
  local id = call('ZRANGEBYSCORE', key('ready'), low, high, 'LIMIT', 0, 1)[1]
  if id and (not oldest or tonumber(id) < tonumber(oldest)) then oldest = id end
end
if oldest then reply.oldestAt = load(oldest).createdAt end

local counts = call('HMGET', base, 'processed', 'failed')
reply.processed, reply.failed = tonumber(counts[1] or 0), tonumber(counts[2] or 0)
return { answer(reply) }
