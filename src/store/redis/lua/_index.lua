-- The index over all queues: their names, and when time changes something in which of them. It is told what the queues' scripts
-- answer, in steps of their own, since a queue may be in another slot; so it may lag behind. `visit` makes good what a server that died
-- did not tell: before a server writes to a queue it says that somebody is to look there soon after.

local nextKey, visitKey = key('next'), key('visit')

local function closedKey(queue) return key('closed:' .. queue) end
local closedTtl = 60 -- what is told later than that is told by nobody

-- A queue was opened: ids from `first` on are of this one.
local function opened(queue, first)
  local closed = call('GET', closedKey(queue))
  if closed and tonumber(closed) >= tonumber(first) then return end
  local known = call('HGET', key('firsts'), queue)
  if known and tonumber(known) >= tonumber(first) then return end
  call('HSET', key('firsts'), queue, first)
  call('ZADD', key('queues'), 0, queue)
end

-- The queue whose ids begin with `first` was deleted; a later one of its name stays.
local function closed(queue, first)
  local known = call('HGET', key('firsts'), queue)
  if known and tonumber(known) > tonumber(first) then return end
  call('SET', closedKey(queue), first, 'EX', closedTtl)
  call('HDEL', key('firsts'), queue)
  call('ZREM', key('queues'), queue)
  call('ZREM', nextKey, queue)
end
