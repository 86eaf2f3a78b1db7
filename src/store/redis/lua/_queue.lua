-- The queue of the script, and how a job's record is read, put and dropped. A job here is its record (Life in core/job.ts) as a
-- table, with its id; functions change the table in place.

local highestId = 900000000000000 -- ranks of ten of these are exact in a score

local function isWaiting(job) return job.state == 'ready' or job.state == 'delayed' end
local function isEnded(job) return job.state == 'done' or job.state == 'dead' end
local function isExpired(job) return job.expiresAt ~= nil and isDue(job.expiresAt) end
local function rankOf(job) return 9 - (job.priority or bounds.defaultPriority) end

local meta = call('HMGET', base, 'first', 'stopped', 'policy', 'revision', 'indexed')
local queue = {
  first = meta[1], exists = meta[1] ~= false, stopped = meta[2] == '1',
  policy = meta[3] and cjson.decode(meta[3]) or {}, revision = meta[4] or '0',
  -- When the index says at the latest that time changes something here.
  indexed = tonumber(meta[5] or nil),
}

-- What the index is to be told.
local forIndex = {}

-- Ids of a queue start with the time, or behind those of its predecessor or of the store that was copied here, so that they never come
-- again.
local function open()
  if queue.exists then return end
  local before = tonumber(call('GET', key('last')) or '0')
  local last = math.max(now * 100, before, tonumber(args.idsFrom or '0'))
  queue.first = int(last + 1)
  queue.exists = true
  call('HSET', base, 'first', queue.first, 'last', int(last))
  call('DEL', key('last'))
  forIndex.opened = queue.first
end

-- The first of so many new ids.
local function nextIds(count)
  return call('HINCRBY', base, 'last', count) - count + 1
end

-- Time changes something then.
local function note(time)
  if time and (queue.next == nil or time < queue.next) then queue.next = time end
end

-- What an overdue entry of the index means: it was lost, and is to be told again.
local overdueMs = 5000

-- Jobs that ended here, whose end others may wait for.
local ended = {}
local mostEndedTold = 100
-- Longer than anybody waits, and looks again.
local awaitedTtl = 70

-- To the other servers, and to this one, which knows.
local function publish(text) call('PUBLISH', base:match('^[^{]*') .. 'news', args.sender .. ' ' .. text) end

-- The last thing that a script does: its head, with what the index is to be told. Who waits for jobs, on any server, left a flag.
local function answer(head)
  local late = queue.indexed and queue.indexed < now - overdueMs
  if queue.next and (late or not queue.indexed or queue.next < queue.indexed) then
    queue.indexed = math.min(queue.next, queue.indexed or queue.next)
    call('HSET', base, 'indexed', int(queue.indexed))
    forIndex.next = queue.indexed
  elseif late then
    forIndex.next = queue.indexed
  end
  if queue.woken and call('DEL', key('waiting')) == 1 then publish(args.queue) end
  if #ended > 0 and call('EXISTS', key('awaited')) == 1 then
    publish(args.queue .. ' ' .. (#ended > mostEndedTold and 'all' or table.concat(ended, ',')))
  end
  if next(forIndex) ~= nil then head.index = forIndex end
  return cjson.encode(head)
end

local function said(details)
  if details and next(details) ~= nil then return details end
  return nil
end

local function decoded(id, text)
  local job = cjson.decode(text)
  job.id = id
  return job
end

local function load(id)
  local text = call('HGET', key('jobs'), id)
  return text and decoded(id, text) or nil
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
local function save(job)
  local record = recordOf(job)
  call('HSET', key('jobs'), job.id, record)
  return record
end

-- The key is free for others; the job takes it again when it comes back and nobody has it.
local function withoutKey(job)
  if job.uniq == nil then return end
  job.details = job.details or {}
  job.details.freed = job.uniq
  job.uniq = nil
end

-- What a worker has under leases: its name has no line feed.
local function heldBy(worker, id) return worker .. '\n' .. id end

local function readyScore(job) return int(rankOf(job) * highestId + tonumber(job.id)) end

-- Into the state that its record says; without its key, when another one has that. The record that it is kept as.
local function put(job)
  if job.uniq then
    if call('HSETNX', key('uniq'), job.uniq, job.id) == 0 then withoutKey(job) end
  end
  local record = save(job)
  if job.state == 'ready' then
    call('ZADD', key('ready'), readyScore(job), job.id)
    queue.woken = true
  else
    call('ZADD', key(job.state), int(job.dueAt), job.id)
    note(job.dueAt)
  end
  if job.state == 'delayed' then queue.woken = true end
  if isEnded(job) then ended[#ended + 1] = job.id end
  if isWaiting(job) and job.expiresAt then
    call('ZADD', key('expiring'), int(job.expiresAt), job.id)
    note(job.expiresAt)
  end
  local worker = job.state == 'leased' and job.details.lease.worker
  if worker then call('ZADD', key('held'), 0, heldBy(worker, job.id)) end
  return record
end

-- Out of the state that its record says; the record and the text stay.
local function drop(job)
  call('ZREM', key(job.state), job.id)
  if isWaiting(job) and job.expiresAt then call('ZREM', key('expiring'), job.id) end
  if job.uniq then call('HDEL', key('uniq'), job.uniq) end
  local worker = job.state == 'leased' and job.details.lease.worker
  if worker then call('ZREM', key('held'), heldBy(worker, job.id)) end
end

-- What is kept of a job that was dropped goes.
local function forget(job)
  call('HDEL', key('jobs'), job.id)
  call('HDEL', key('body'), job.id)
  ended[#ended + 1] = job.id
  if job.state == 'done' then call('HDEL', key('result'), job.id) end
end

-- Nothing of it is left.
local function erase(job)
  drop(job)
  forget(job)
end

local function countMost(state)
  local name = state == 'done' and 'keepDoneCount' or 'keepDeadCount'
  return queue.policy[name] or defaults[name]
end

local function surplus(state)
  return math.max(0, call('ZCARD', key(state)) - countMost(state))
end

-- Drops the oldest records beyond the policy's count, so many at most.
local function trim(state, limit)
  local over = math.min(surplus(state), limit)
  if over == 0 then return end
  for _, id in ipairs(call('ZRANGE', key(state), 0, over - 1)) do erase(load(id)) end
end

-- Puts a job back that was dropped and changed.
local function settleIn(job)
  put(job)
  if isEnded(job) then trim(job.state, 2) end
end

-- As it is handed out: id and record, text, result.
local function show(job, reply, record)
  reply[#reply + 1] = job.id .. (record or recordOf(job))
  reply[#reply + 1] = call('HGET', key('body'), job.id)
  reply[#reply + 1] = job.state == 'done' and call('HGET', key('result'), job.id)
end

local function detailBytes(job)
  return job.details and #cjson.encode(job.details) or 0
end

-- What a job weighs in an answer, about.
local function weightOf(job)
  local result = job.state == 'done' and call('HSTRLEN', key('result'), job.id) or 0
  return call('HSTRLEN', key('body'), job.id) + result + detailBytes(job)
end
