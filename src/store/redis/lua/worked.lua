-- worked {all: [{queue, worker, took?: [id], leased?, untook?: [id], counted?, failed?, settled?, left?} | {queue, deleted}]} → {}: what workers did
-- on queues. `left`: there is nothing under a lease of its there any more, if it got none since.
local function took(one)
  local name = one.worker
  if #one.took == 0 then
    local seen = call('HMGET', workerKey(name), 'doing', 'lastSeenAt')
    if not seen[1] and now - tonumber(seen[2]) < bounds.seenStepMs then return end
  end
  see(name)
  local doing = {}
  for index, id in ipairs(one.took) do doing[index] = { queue = one.queue, id = id, since = now } end
  setDoing(name, doing)
  count(name, one.queue, 'processed', #one.took)
end

local function untook(one)
  local gone, kept = {}, {}
  for _, id in ipairs(one.untook) do gone[id] = true end
  for _, doing in ipairs(doingOf(one.worker)) do
    if doing.queue ~= one.queue or not gone[doing.id] then kept[#kept + 1] = doing end
  end
  setDoing(one.worker, kept)
  count(one.worker, one.queue, 'processed', -one.counted)
end

local function failed(one)
  see(one.worker)
  setDoing(one.worker, {})
  count(one.worker, one.queue, 'failed', one.failed)
end

-- It settled a leased job, which its queue counts as that.
local function settled(one)
  see(one.worker)
  count(one.worker, one.queue, one.settled, 1)
end

-- A job that somebody registers for later, or that nobody registered for, may be held, too.
local heldTtl = 2 * 86400 -- outlives every lease

for _, one in ipairs(args.all) do
  if one.leased then
    call('ZADD', heldKey(one.worker), 'GT', int(now), one.queue)
    call('EXPIRE', heldKey(one.worker), heldTtl)
  end
  if one.left and call('ZSCORE', heldKey(one.worker), one.queue) == one.left then
    call('ZREM', heldKey(one.worker), one.queue)
  end
  if one.deleted then call('DEL', tallyKey(one.queue)) end
  if isRegistered(one.worker) then
    if one.took then took(one) end
    if one.untook then untook(one) end
    if one.failed then failed(one) end
    if one.settled then settled(one) end
  end
end
return { '{}' }
