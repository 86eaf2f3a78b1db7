-- tend {restart} → {at, moved, ready, first?, next?}, entries of the outbox: lets time pass for the queue and says when there is more to do.
local function forgetOnce()
  local over = call('ZRANGEBYSCORE', key('onceat'), '-inf', int(now), 'LIMIT', 0, bounds.tendStep)
  for _, name in ipairs(over) do
    call('HDEL', key('once'), name)
    call('ZREM', key('onceat'), name)
  end
end

local function nextOf()
  if surplus('done') > 0 or surplus('dead') > 0 then return now end
  local first = nil
  for _, kind in ipairs({ 'delayed', 'leased', 'done', 'dead', 'expiring', 'onceat' }) do
    local time = firstScore(key(kind))
    if time and (not first or time < first) then first = time end
  end
  return first
end

local reply = { '' }
local head = { at = now, moved = {}, ready = 0 }
local laterAt = nil
-- What a server that died did not deliver, also when the queue was deleted since.
if call('EXISTS', key('outbox')) == 1 then
  laterAt = now + outboxRetryMs
  showOutbox(reply)
end
if queue.exists then
  head.first = queue.first
  -- It looks at everything, and says anew what the index is to have.
  queue.indexed = 0
  head.moved, head.ready = pass(timedStates, bounds.tendStep, args.restart)
  trim('done', bounds.tendStep)
  trim('dead', bounds.tendStep)
  forgetOnce()
  queue.next = nil
  head.next = nextOf()
  if laterAt and (not head.next or laterAt < head.next) then head.next = laterAt end
  if head.next then call('HSET', base, 'indexed', int(head.next))
  else call('HDEL', base, 'indexed') end
  queue.indexed = nil
else
  head.next = laterAt
end
reply[1] = answer(head)
return reply
