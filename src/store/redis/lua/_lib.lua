-- What all scripts share: the arguments, the keys of a queue, and how a job's record is read, put and dropped.
--
-- KEYS[1] is the prefix of all keys; those of a queue begin with `prefix{name}`. The loader puts two tables before this: `bounds`,
-- and `defaults` of policies. ARGV[1] is JSON with named members; what is opaque (job texts) follows in ARGV and in replies, since cjson loses digits. Ids are texts of up to 15 digits for the same
-- reason. A job here is its record (Life in core/job.ts) as a table, with its id; functions change the table in place.

local args = cjson.decode(ARGV[1])
local root = KEYS[1]
local call = redis.call

local function clock()
  local time = call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Tests hand a time in; else the clock is Redis's own, the same for all servers.
local now = args.now or clock()

local highestId = 900000000000000 -- ranks of ten of these are exact in a score

-- A whole number as text; tostring turns long ones into 1.7e+14.
local function int(number) return string.format('%.0f', number) end

local function isDue(time) return time == nil or time <= now end
local function isWaiting(job) return job.state == 'ready' or job.state == 'delayed' end
local function isEnded(job) return job.state == 'done' or job.state == 'dead' end
local function isExpired(job) return job.expiresAt ~= nil and isDue(job.expiresAt) end
local function rankOf(job) return 9 - (job.priority or bounds.defaultPriority) end

local opened = {}

-- The queue of that name, there or not: read once per script.
local function find(name)
  local known = opened[name]
  if known then return known end
  local base = root .. '{' .. name .. '}'
  local meta = call('HMGET', base, 'first', 'stopped', 'policy', 'revision')
  local queue = {
    name = name, base = base, first = meta[1], exists = meta[1] ~= false, stopped = meta[2] == '1',
    policy = meta[3] and cjson.decode(meta[3]) or {}, revision = meta[4] or '0',
  }
  opened[name] = queue
  return queue
end

local function key(queue, kind) return queue.base .. ':' .. kind end

-- Ids of a queue start with the time, or behind those of its predecessor, so that they never come again.
local function open(name)
  local queue = find(name)
  if queue.exists then return queue end
  local before = tonumber(call('GET', key(queue, 'last')) or '0')
  local last = math.max(now * 100, before)
  queue.first = int(last + 1)
  queue.exists = true
  call('HSET', queue.base, 'first', queue.first, 'last', int(last))
  call('DEL', key(queue, 'last'))
  call('ZADD', root .. 'queues', 0, name)
  return queue
end

-- The first of so many new ids.
local function nextIds(queue, count)
  return call('HINCRBY', queue.base, 'last', count) - count + 1
end

-- Time changes something then.
local function note(queue, time)
  if time and (queue.next == nil or time < queue.next) then queue.next = time end
end

-- The last thing a script does. Who waits for jobs of a queue, on any server, left a flag there.
local function finish()
  for name, queue in pairs(opened) do
    if queue.next then call('ZADD', root .. 'next', 'LT', int(queue.next), name) end
    if queue.woken and call('DEL', key(queue, 'waiting')) == 1 then call('PUBLISH', root .. 'news', name) end
  end
end

local function said(details)
  if details and next(details) ~= nil then return details end
  return nil
end

local function load(queue, id)
  local text = call('HGET', key(queue, 'jobs'), id)
  if not text then return nil end
  local job = cjson.decode(text)
  job.id = id
  return job
end

-- What is kept of it, as text.
local function recordOf(job)
  local id = job.id
  job.id = nil
  local record = cjson.encode(job)
  job.id = id
  return record
end

-- The record that it is kept as.
local function save(queue, job)
  local record = recordOf(job)
  call('HSET', key(queue, 'jobs'), job.id, record)
  return record
end

-- The key is free for others; the job takes it again when it comes back and nobody has it.
local function withoutKey(job)
  if job.uniq == nil then return end
  job.details = job.details or {}
  job.details.freed = job.uniq
  job.uniq = nil
end

local function leasesKey(worker) return root .. 'leases:' .. worker end
local leasesTtl = 2 * 86400 -- outlives every lease; what a purge leaves there goes by itself

-- Into the state that its record says; without its key, when another one has that. The record that it is kept as.
local function put(queue, job)
  if job.uniq then
    if call('HSETNX', key(queue, 'uniq'), job.uniq, job.id) == 0 then withoutKey(job) end
  end
  local record = save(queue, job)
  if job.state == 'ready' then
    call('ZADD', key(queue, 'ready'), int(rankOf(job) * highestId + tonumber(job.id)), job.id)
    queue.woken = true
  else
    call('ZADD', key(queue, job.state), int(job.dueAt), job.id)
    note(queue, job.dueAt)
  end
  if job.state == 'delayed' then queue.woken = true end
  if isWaiting(job) and job.expiresAt then
    call('ZADD', key(queue, 'expiring'), int(job.expiresAt), job.id)
    note(queue, job.expiresAt)
  end
  local worker = job.state == 'leased' and job.details.lease.worker
  if worker then
    call('ZADD', leasesKey(worker), 0, queue.name .. ' ' .. job.id)
    call('EXPIRE', leasesKey(worker), leasesTtl)
  end
  return record
end

-- Out of the state that its record says; the record and the text stay.
local function drop(queue, job)
  call('ZREM', key(queue, job.state), job.id)
  if isWaiting(job) and job.expiresAt then call('ZREM', key(queue, 'expiring'), job.id) end
  if job.uniq then call('HDEL', key(queue, 'uniq'), job.uniq) end
  local worker = job.state == 'leased' and job.details.lease.worker
  if worker then call('ZREM', leasesKey(worker), queue.name .. ' ' .. job.id) end
end

-- What is kept of a job that was dropped goes.
local function forget(queue, job)
  call('HDEL', key(queue, 'jobs'), job.id)
  call('HDEL', key(queue, 'body'), job.id)
  if job.state == 'done' then call('HDEL', key(queue, 'result'), job.id) end
end

-- Nothing of it is left.
local function erase(queue, job)
  drop(queue, job)
  forget(queue, job)
end

local function countMost(queue, state)
  local name = state == 'done' and 'keepDoneCount' or 'keepDeadCount'
  return queue.policy[name] or defaults[name]
end

local function surplus(queue, state)
  return math.max(0, call('ZCARD', key(queue, state)) - countMost(queue, state))
end

-- Drops the oldest records beyond the policy's count, so many at most.
local function trim(queue, state, limit)
  local over = math.min(surplus(queue, state), limit)
  if over == 0 then return end
  for _, id in ipairs(call('ZRANGE', key(queue, state), 0, over - 1)) do erase(queue, load(queue, id)) end
end

-- Puts a job back that was dropped and changed.
local function settleIn(queue, job)
  put(queue, job)
  if isEnded(job) then trim(queue, job.state, 2) end
end

-- As it is handed out: id, record, text, result.
local function show(queue, job, reply, record)
  reply[#reply + 1] = job.id
  reply[#reply + 1] = record or recordOf(job)
  reply[#reply + 1] = call('HGET', key(queue, 'body'), job.id)
  reply[#reply + 1] = job.state == 'done' and call('HGET', key(queue, 'result'), job.id)
end

-- The lowest score of a set.
local function firstScore(set) return tonumber(call('ZRANGE', set, 0, 0, 'WITHSCORES')[2]) end

local function detailBytes(job)
  return job.details and #cjson.encode(job.details) or 0
end

-- What a job weighs in an answer, about.
local function weightOf(queue, job)
  local result = job.state == 'done' and call('HSTRLEN', key(queue, 'result'), job.id) or 0
  return call('HSTRLEN', key(queue, 'body'), job.id) + result + detailBytes(job)
end
