-- take {takes: [{limit, maxBytes, worker?, lease?: {token, ms?}}]} → {taken: [{jobs, left, nextAt?, stopped, moved}]}, jobs…
local queue = find(args.queue)
local reply, taken = { '' }, {}

-- Time passes once for all of them.
local news = {}
local isOpen = queue.exists and not queue.stopped
if isOpen then news = pass(queue, { 'delayed', 'leased' }, bounds.ripenStep) end

-- Bytes that they got all together: there is a bound, and who gets nothing then is told that there is more.
local given = 0

local function pick(take)
  local picked, size, gone = {}, 0, 0
  if given > bounds.singlesBytes then return picked end
  while #picked < take.limit and gone < bounds.ripenStep do
    local id = call('ZRANGE', key(queue, 'ready'), #picked, #picked)[1]
    if not id then break end
    local job = load(queue, id)
    local changed, told = passOne(queue, job)
    if changed then
      if told then
        news[#news + 1] = told
        gone = gone + 1
      end
    else
      local weight = weightOf(queue, job)
      size = size + weight
      if #picked > 0 and take.maxBytes and size > take.maxBytes then break end
      given = given + weight
      picked[#picked + 1] = job
    end
  end
  return picked
end

local function leaseAll(jobs, take, ms)
  took(take.worker, queue, {})
  for index, job in ipairs(jobs) do
    drop(queue, job)
    local token = index == 1 and take.lease.token or take.lease.token .. '.' .. (index - 1)
    local details = job.details or {}
    details.lease = { token = token, since = now, ms = ms, worker = take.worker }
    details.progress, details.note = nil, nil
    job.details, job.state, job.dueAt = details, 'leased', now + ms
    if details.uniqUntil == 'taken' then withoutKey(job) end
    show(queue, job, reply, put(queue, job))
  end
end

-- For good: a record only where one was asked for.
local function giveAll(jobs, take)
  call('HINCRBY', queue.base, 'processed', #jobs)
  local ids = {}
  for index, job in ipairs(jobs) do ids[index] = job.id end
  took(take.worker, queue, ids)
  for _, job in ipairs(jobs) do
    local keepMs = job.details and job.details.keepMs or queue.policy.keepDoneMs or 0
    if keepMs == 0 then
      show(queue, job, reply)
      erase(queue, job)
    else
      drop(queue, job)
      afterAttempt(job, { outcome = 'done', endedAt = now, worker = take.worker })
      moved(queue, job, { state = 'done', keepMs = keepMs })
      show(queue, job, reply)
      settleIn(queue, job)
    end
  end
end

local function one(take)
  if not isOpen then
    took(take.worker, queue, {})
    return { jobs = 0, left = 0, stopped = queue.stopped }
  end
  local jobs = pick(take)
  local ms = take.lease and (take.lease.ms or queue.policy.leaseMs or defaults.leaseMs) or 0
  if #jobs == 0 then took(take.worker, queue, {})
  elseif ms > 0 then leaseAll(jobs, take, ms)
  else giveAll(jobs, take) end
  local delayed, leased = firstScore(key(queue, 'delayed')), firstScore(key(queue, 'leased'))
  local told = news
  news = {}
  return {
    jobs = #jobs, left = call('ZCARD', key(queue, 'ready')), stopped = false, moved = told,
    nextAt = delayed and leased and math.min(delayed, leased) or delayed or leased,
  }
end

local isHungry = false
for index, take in ipairs(args.takes) do
  taken[index] = one(take)
  isHungry = isHungry or taken[index].jobs == 0
end
-- What became ready on the way and was not taken may be for a waiter of another server.
queue.woken = queue.woken and call('ZCARD', key(queue, 'ready')) > 0
finish()
if isHungry then call('SET', key(queue, 'waiting'), 1, 'EX', 70) end
reply[1] = cjson.encode({ taken = taken })
return reply
