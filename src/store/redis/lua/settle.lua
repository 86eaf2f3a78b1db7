-- settle {settlements: [{id, lease, act, chance, …}]} → {at, settled: [answer | {refused}], by: [worker or false]}, entries of the outbox.
-- What was pushed has an id, or the name in the outbox under which it waits. `by` says whose each one was that the queue counted.
local outcomes = { done = 'done', fail = 'failed', release = 'released' }
local longestBackoffMs = 86400000
local countedAs = { done = 'processed', fail = 'failed' }

local function backoffMs(backoff, failures, chance)
  if backoff ~= 'exponential' then return backoff[math.min(failures, #backoff)] or 0 end
  local seconds = failures ^ 4 + 15 + math.floor(chance * 10 * failures)
  return math.min(seconds * 1000, longestBackoffMs)
end

local function fateOf(job, says)
  if says.act == 'done' then
    local keepMs = job.details.keepMs or queue.policy.keepDoneMs or defaults.keepDoneMs
    return { state = 'done', keepMs = keepMs }
  end
  local asked = isCancelled(job)
  if says.act == 'release' then return returning(job, asked, says.delayMs) end
  local spent = spentWith(job, 'failures')
  if not asked and (says.dead or isUsedUp(job, spent)) then return { state = 'dead', reason = 'failed' } end
  local backoff = job.details.backoff or queue.policy.backoff or defaults.backoff
  return returning(job, asked, says.delayMs or backoffMs(backoff, spent.failures, says.chance))
end

local function extend(job, says)
  local details = job.details
  drop(job)
  job.dueAt = now + (says.ms or details.lease.ms)
  details.progress = says.progress or details.progress
  details.note = says.note or details.note
  put(job)
  return { state = 'leased', expiresAt = job.dueAt, cancel = details.lease.cancel or false }
end

local reply, by = { '' }, {}
local counts = { processed = 0, failed = 0 }

-- The id of the new job, or of the one that has its unique key.
local function pushHere(one)
  local holder = one.job.uniq and call('HGET', key('uniq'), one.job.uniq)
  if holder then return { queue = one.queue, id = holder } end
  local id = int(nextIds(1))
  insert(one.job, id, one.body)
  return { queue = one.queue, id = id }
end

local function followUp(job, index, one)
  one.job.traceparent = one.job.traceparent or job.details.traceparent
  if one.queue == args.queue then return pushHere(one) end
  -- Its time goes on while it waits.
  if one.job.delayMs then one.job.runAt, one.job.delayMs = one.job.runAt or now + one.job.delayMs, nil end
  local name = job.id .. '/' .. index
  call('HSET', key('outbox'), name, cjson.encode(one))
  note(now + outboxRetryMs)
  showEntry(reply, name)
  return { queue = one.queue, outbox = name }
end

-- Those that still wait are delivered before the answer is given again.
local function showWaiting(pushed)
  for _, one in ipairs(pushed or {}) do
    if one.outbox then showEntry(reply, one.outbox) end
  end
end

local function answerBefore(job, says)
  for _, one in ipairs(job.details and job.details.log or {}) do
    if one.lease == says.lease then
      local given = says.act ~= 'extend' and one.outcome == outcomes[says.act] and one.answer or nil
      showWaiting(given and given.pushed)
      return given
    end
  end
  return nil
end

local function one(says, index)
  local job = queue.exists and load(says.id)
  if not job or (isEnded(job) and isDue(job.dueAt)) then return { refused = 'job_unknown' } end
  if not isHeldBy(job, says.lease) then return answerBefore(job, says) or { refused = 'lease_lost' } end
  if says.act == 'extend' then return extend(job, says) end
  drop(job)
  local pushed = nil
  if says.push then
    -- A follow-up job may have the key that this one had.
    withoutKey(job)
    for index, follower in ipairs(says.push) do
      pushed = pushed or {}
      pushed[index] = followUp(job, index, follower)
    end
  end
  local fate = fateOf(job, says)
  local told = { state = fate.state, pushed = pushed, runAt = not pushed and fate.dueAt or nil }
  local as, worker = countedAs[says.act], job.details.lease.worker
  if as then
    counts[as] = counts[as] + 1
    by[index] = worker or false
  end
  if fate.state == 'done' and fate.keepMs == 0 then
    forget(job)
    return told
  end
  local failures = failuresOf(job)
  afterAttempt(job, { outcome = outcomes[says.act], endedAt = now, answer = told, error = says.error })
  if says.act == 'fail' then job.details.failures = failures + 1 end
  moved(job, fate)
  if says.result then call('HSET', key('result'), job.id, says.result) end
  settleIn(job)
  return told
end

local settled = {}
for index, says in ipairs(args.settlements) do
  by[index] = false
  settled[index] = one(says, index)
end
for as, count in pairs(counts) do
  if count > 0 then call('HINCRBY', base, as, count) end
end
reply[1] = answer({ at = now, settled = settled, by = by })
return reply
