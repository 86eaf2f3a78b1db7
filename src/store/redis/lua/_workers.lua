-- The registered workers: who they are, what they did, what they took for good last (store/memory-workers.ts once more).

local workersKey = root .. 'workers'
local seenKey = root .. 'seen'
local function workerKey(name) return root .. 'worker:' .. name end
local function onKey(name) return root .. 'on:' .. name end
local function staffKey(queue) return key(queue, 'workers') end
local function tallyKey(queue) return key(queue, 'tally') end

local function isRegistered(name) return name and call('EXISTS', workerKey(name)) == 1 end

local function see(name)
  call('HSET', workerKey(name), 'lastSeenAt', int(now))
  call('ZADD', seenKey, int(now), name)
end

-- Counts, but never below zero.
local function count(name, queue, as, by)
  if by == 0 then return end
  if call('HINCRBY', workerKey(name), as, by) < 0 then call('HSET', workerKey(name), as, 0) end
  if call('ZSCORE', staffKey(queue), name) then
    local field = as .. ' ' .. name
    if call('HINCRBY', tallyKey(queue), field, by) < 0 then call('HSET', tallyKey(queue), field, 0) end
  end
end

local function setDoing(name, doing)
  if #doing == 0 then call('HDEL', workerKey(name), 'doing')
  else call('HSET', workerKey(name), 'doing', cjson.encode(doing)) end
end

local function doingOf(name)
  local text = call('HGET', workerKey(name), 'doing')
  return text and cjson.decode(text) or {}
end

-- It asked for jobs, and these ids are what it got for good.
local function took(name, queue, ids)
  if not isRegistered(name) then return end
  if #ids == 0 then
    local seen = call('HMGET', workerKey(name), 'doing', 'lastSeenAt')
    if not seen[1] and now - tonumber(seen[2]) < bounds.seenStepMs then return end
  end
  see(name)
  local doing = {}
  for index, id in ipairs(ids) do doing[index] = { queue = queue.name, id = id, since = now } end
  setDoing(name, doing)
  count(name, queue, 'processed', #ids)
end

local function untook(name, queue, ids, counted)
  if not isRegistered(name) then return end
  local gone, kept = {}, {}
  for _, id in ipairs(ids) do gone[id] = true end
  for _, one in ipairs(doingOf(name)) do
    if one.queue ~= queue.name or not gone[one.id] then kept[#kept + 1] = one end
  end
  setDoing(name, kept)
  count(name, queue, 'processed', -counted)
end

local function workerFailed(name, queue, jobs)
  if not isRegistered(name) then return end
  see(name)
  setDoing(name, {})
  count(name, queue, 'failed', jobs)
end

-- It settled a leased job, which its queue counts as that.
local function workerSettled(name, queue, as)
  if not isRegistered(name) then return end
  see(name)
  count(name, queue, as, 1)
end

local function takeOff(name, queue)
  call('ZREM', staffKey(queue), name)
  call('HDEL', tallyKey(queue), 'processed ' .. name, 'failed ' .. name)
  call('ZREM', onKey(name), queue.name)
end

local function forgetWorker(name)
  for _, on in ipairs(call('ZRANGE', onKey(name), 0, -1)) do takeOff(name, find(on)) end
  call('DEL', workerKey(name), onKey(name))
  call('ZREM', workersKey, name)
  call('ZREM', seenKey, name)
end
