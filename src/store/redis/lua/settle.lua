-- settle {settlements: [{id, lease, act, chance, …}]} → {settled: [answer | {refused}]}
local queue = find(args.queue)
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
  if not asked and (says.dead or isUsedUp(queue, job, spent)) then return { state = 'dead', reason = 'failed' } end
  local backoff = job.details.backoff or queue.policy.backoff or defaults.backoff
  return returning(job, asked, says.delayMs or backoffMs(backoff, spent.failures, says.chance))
end

local function extend(job, says)
  local details = job.details
  drop(queue, job)
  job.dueAt = now + (says.ms or details.lease.ms)
  details.progress = says.progress or details.progress
  details.note = says.note or details.note
  put(queue, job)
  return { state = 'leased', expiresAt = job.dueAt, cancel = details.lease.cancel or false }
end

-- The id of the new job, or of the one that has its unique key.
local function followUp(one, traceparent)
  local other = find(one.queue)
  local holder = one.job.uniq and call('HGET', key(other, 'uniq'), one.job.uniq)
  if holder then return { queue = one.queue, id = holder } end
  open(one.queue)
  one.job.traceparent = one.job.traceparent or traceparent
  local id = int(nextIds(other, 1))
  insert(other, one.job, id, one.body)
  return { queue = one.queue, id = id }
end

local function answerBefore(job, says)
  for _, one in ipairs(job.details and job.details.log or {}) do
    if one.lease == says.lease then
      return says.act ~= 'extend' and one.outcome == outcomes[says.act] and one.answer or nil
    end
  end
  return nil
end

local function one(says)
  local job = queue.exists and load(queue, says.id)
  if not job or (isEnded(job) and isDue(job.dueAt)) then return { refused = 'job_unknown' } end
  if not isHeldBy(job, says.lease) then return answerBefore(job, says) or { refused = 'lease_lost' } end
  if says.act == 'extend' then return extend(job, says) end
  drop(queue, job)
  local pushed = nil
  if says.push then
    -- A follow-up job may have the key that this one had.
    withoutKey(job)
    for index, follower in ipairs(says.push) do
      pushed = pushed or {}
      pushed[index] = followUp(follower, job.details.traceparent)
    end
  end
  local fate = fateOf(job, says)
  local answer = { state = fate.state, pushed = pushed, runAt = not pushed and fate.dueAt or nil }
  local as, worker = countedAs[says.act], job.details.lease.worker
  if as then
    call('HINCRBY', queue.base, as, 1)
    workerSettled(worker, queue, as)
  end
  if fate.state == 'done' and fate.keepMs == 0 then
    forget(queue, job)
    return answer
  end
  local failures = failuresOf(job)
  afterAttempt(job, { outcome = outcomes[says.act], endedAt = now, answer = answer, error = says.error })
  if says.act == 'fail' then job.details.failures = failures + 1 end
  moved(queue, job, fate)
  if says.result then call('HSET', key(queue, 'result'), job.id, says.result) end
  settleIn(queue, job)
  return answer
end

local settled = {}
for index, says in ipairs(args.settlements) do settled[index] = one(says) end
finish()
return { cjson.encode({ settled = settled }) }
