-- The registered workers: who they are, what they did, what they took for good last (store/memory-workers.ts once more). They are kept
-- with the index, since one worker may be on many queues.

local workersKey = key('workers')
local seenKey = key('seen')
local function workerKey(name) return key('worker:' .. name) end
local function onKey(name) return key('on:' .. name) end
local function staffKey(queue) return key('staff:' .. queue) end
local function tallyKey(queue) return key('tally:' .. queue) end
-- Queues where it may have jobs under leases, and when it got the last one there.
local function heldKey(name) return key('held:' .. name) end

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

local function takeOff(name, queue)
  call('ZREM', staffKey(queue), name)
  call('HDEL', tallyKey(queue), 'processed ' .. name, 'failed ' .. name)
  call('ZREM', onKey(name), queue)
end

local function forgetWorker(name)
  for _, on in ipairs(call('ZRANGE', onKey(name), 0, -1)) do takeOff(name, on) end
  call('DEL', workerKey(name), onKey(name))
  call('ZREM', workersKey, name)
  call('ZREM', seenKey, name)
end
