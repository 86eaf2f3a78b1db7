-- tend {restart} → {more, nextAt?, moved, ready: [{queue, jobs}]}
local nextKey = root .. 'next'
local news, ready, left = {}, {}, bounds.tendStep

local function forgetOnce(queue)
  local over = call('ZRANGEBYSCORE', key(queue, 'onceat'), '-inf', int(now), 'LIMIT', 0, bounds.tendStep)
  for _, name in ipairs(over) do
    call('HDEL', key(queue, 'once'), name)
    call('ZREM', key(queue, 'onceat'), name)
  end
  return #over
end

local function nextOf(queue)
  if surplus(queue, 'done') > 0 or surplus(queue, 'dead') > 0 then return now end
  local first = nil
  for _, kind in ipairs({ 'delayed', 'leased', 'done', 'dead', 'expiring', 'onceat' }) do
    local time = firstScore(key(queue, kind))
    if time and (not first or time < first) then first = time end
  end
  return first
end

for _ = 1, bounds.tendQueues do
  local name = call('ZRANGEBYSCORE', nextKey, '-inf', int(now), 'LIMIT', 0, 1)[1]
  if not name or left <= 0 then break end
  local queue = find(name)
  local moved, count, done = pass(queue, timedStates, left, args.restart)
  for _, one in ipairs(moved) do news[#news + 1] = one end
  if count > 0 then ready[#ready + 1] = { queue = name, jobs = count } end
  trim(queue, 'done', bounds.tendStep)
  trim(queue, 'dead', bounds.tendStep)
  left = left - done - forgetOnce(queue)
  queue.next = nil
  local following = nextOf(queue)
  if following then call('ZADD', nextKey, int(following), name) else call('ZREM', nextKey, name) end
  if following and following <= now then break end
end
finish()
local nextAt = firstScore(nextKey)
local more = nextAt ~= nil and nextAt <= now
return { cjson.encode({ more = more, nextAt = not more and nextAt or nil, moved = news, ready = ready }) }
