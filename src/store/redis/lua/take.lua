-- take {request, floor, came: [request], again?, tooLate?, takes: [{limit, maxBytes, worker?, lease?: {token, ms?}}]} → {taken: [{jobs, left, nextAt?, stopped, moved}]}, jobs…
local reply, taken = { '' }, {}

local before = givenBefore(args.request)
if before then return before end
-- Nobody waits for it any more; nor is the first request to get anything, should it still come.
if args.tooLate then
  keepGiven(args.request, args.floor, '')
  return gone()
end
if #args.came > 0 then callMany('HDEL', givenKey, args.came) end

-- Time passes once for all of them.
local told = {}
local isOpen = queue.exists and not queue.stopped
if isOpen then told = pass({ 'delayed', 'leased' }, bounds.ripenStep) end

-- What is written at the end, each with one command: ids that are no longer ready, or nowhere; records, leases and who has them.
local gone, erased, saved, leased, held = {}, {}, {}, {}, {}

local function write()
  callMany('ZREM', key('ready'), gone)
  callMany('HDEL', key('jobs'), erased)
  callMany('HDEL', key('body'), erased)
  callMany('HSET', key('jobs'), saved)
  callMany('ZADD', key('leased'), leased)
  callMany('ZADD', key('held'), held)
  gone, erased, saved, leased, held = {}, {}, {}, {}, {}
end

-- The next ready jobs, read ahead in pieces: the longer the first one's text, the fewer.
local ahead, nth = {}, 1
local mostAhead, mostAheadBytes = 128, 512 * 1024

-- Those that wait with nothing but their text are not taken apart.
local function isBare(record)
  return not (record:find('"details"', 1, true) or record:find('"uniq"', 1, true) or record:find('"expiresAt"', 1, true))
end

local function readAhead(wanted)
  write()
  ahead, nth = {}, 1
  local ids = call('ZRANGE', key('ready'), 0, math.min(mostAhead, wanted) - 1)
  if #ids == 0 then return end
  if #ids > 1 then
    local fitting = math.max(1, math.floor(mostAheadBytes / (call('HSTRLEN', key('body'), ids[1]) + 1)))
    for index = #ids, fitting + 1, -1 do ids[index] = nil end
  end
  local records, bodies = call('HMGET', key('jobs'), unpack(ids)), call('HMGET', key('body'), unpack(ids))
  for index, id in ipairs(ids) do
    ahead[index] = { id = id, record = records[index], body = bodies[index], isBare = isBare(records[index]) }
  end
end

local function jobOf(found)
  found.job = found.job or decoded(found.id, found.record)
  return found.job
end

local function nextAhead(wanted)
  if not ahead[nth] then readAhead(wanted) end
  return ahead[nth]
end

local left = isOpen and call('ZCARD', key('ready')) or 0
-- Bytes that they got all together: there is a bound, and who gets nothing then is told that there is more.
local given = 0
local wanted = 0
for _, take in ipairs(args.takes) do wanted = wanted + take.limit end

local function pick(take)
  local picked, size, over = {}, 0, 0
  if given > bounds.singlesBytes then return picked end
  while #picked < take.limit and over < bounds.ripenStep do
    local one = nextAhead(wanted)
    if not one then break end
    local changed, news = false, nil
    if not one.isBare then changed, news = passOne(jobOf(one)) end
    if changed then
      told[#told + 1] = news
      over = over + 1
      left = left - 1
    else
      local weight = #one.body + (one.isBare and 0 or detailBytes(one.job))
      size = size + weight
      if #picked > 0 and take.maxBytes and size > take.maxBytes then break end
      given = given + weight
      picked[#picked + 1] = one
      left = left - 1
      gone[#gone + 1] = one.id
      if not one.isBare and one.job.expiresAt then call('ZREM', key('expiring'), one.id) end
    end
    nth = nth + 1
    wanted = wanted - 1
  end
  return picked
end

-- Before the index has a time, nothing is there that waits for one.
local isTimed = isOpen and queue.indexed
local delayedAt = isTimed and firstScore(key('delayed'))
local leasedAt = isTimed and firstScore(key('leased'))

local function earliest(one, other)
  return one and other and math.min(one, other) or one or other or nil
end

local function leaseOne(job, take, token, ms)
  local details = job.details or {}
  details.lease = { token = token, since = now, ms = ms, worker = take.worker }
  details.progress, details.note = nil, nil
  job.details, job.state, job.dueAt = details, 'leased', now + ms
  if job.uniq and details.uniqUntil == 'taken' then
    call('HDEL', key('uniq'), job.uniq)
    withoutKey(job)
  end
  local record = recordOf(job)
  saved[#saved + 1] = job.id
  saved[#saved + 1] = record
  leased[#leased + 1] = int(job.dueAt)
  leased[#leased + 1] = job.id
  if take.worker then
    held[#held + 1] = 0
    held[#held + 1] = heldBy(take.worker, job.id)
  end
  note(job.dueAt)
  leasedAt = earliest(leasedAt, job.dueAt)
  return record
end

local processed, kept = 0, 0

-- For good: a record only where one was asked for.
local function giveOne(found, take)
  processed = processed + 1
  if found.isBare and not queue.policy.keepDoneMs then
    erased[#erased + 1] = found.id
    ended[#ended + 1] = found.id
    return found.record
  end
  local job = jobOf(found)
  if job.uniq then call('HDEL', key('uniq'), job.uniq) end
  local keepMs = job.details and job.details.keepMs or queue.policy.keepDoneMs or 0
  if keepMs == 0 then
    erased[#erased + 1] = job.id
    ended[#ended + 1] = job.id
    return found.record
  end
  afterAttempt(job, { outcome = 'done', endedAt = now, worker = take.worker })
  moved(job, { state = 'done', keepMs = keepMs })
  kept = kept + 1
  return put(job)
end

local function one(take)
  if not isOpen then return { jobs = 0, left = 0, stopped = queue.stopped } end
  local picked = pick(take)
  local ms = take.lease and (take.lease.ms or queue.policy.leaseMs or defaults.leaseMs) or 0
  for index, found in ipairs(picked) do
    local token = take.lease and (index == 1 and take.lease.token or take.lease.token .. '.' .. (index - 1))
    local record = ms > 0 and leaseOne(jobOf(found), take, token, ms) or giveOne(found, take)
    local at = #reply
    reply[at + 1], reply[at + 2], reply[at + 3] = found.id .. record, found.body, false
  end
  local news = told
  told = {}
  return {
    jobs = #picked, left = left, stopped = false, moved = #news > 0 and news or nil,
    nextAt = earliest(delayedAt or nil, leasedAt or nil),
  }
end

local isHungry = false
for index, take in ipairs(args.takes) do
  taken[index] = one(take)
  isHungry = isHungry or taken[index].jobs == 0
end
write()
if processed > 0 then call('HINCRBY', base, 'processed', processed) end
if kept > 0 then trim('done', 2 * kept) end
-- What became ready on the way and was not taken may be for a waiter of another server.
queue.woken = queue.woken and left > 0
reply[1] = answer({ taken = taken })
if isHungry then call('SET', key('waiting'), 1, 'EX', 70) end
-- Who got nothing may as well ask anew, unless the first request may still come.
local mostBytesKept = 4 * 1024 * 1024
if #reply > 1 or args.again then
  keepGiven(args.request, args.floor, given <= mostBytesKept and cmsgpack.pack(reply) or '')
end
return reply
