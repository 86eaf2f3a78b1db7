-- What moves a job from state to state: core/life.ts, core/moves.ts and core/settlement.ts once more, since a script must do it.
-- The conformance suite and the random histories hold both to the same.

local function failuresOf(job) return job.details and job.details.failures or 0 end
local function crashesOf(job) return job.details and job.details.crashes or 0 end
local function attemptOf(job) return failuresOf(job) + crashesOf(job) + 1 end
local function isCancelled(job)
  return job.details ~= nil and job.details.lease ~= nil and job.details.lease.cancel == true
end

-- The job, out of its old state already, where its fate puts it.
local function moved(job, fate)
  local details = job.details or {}
  job.state = fate.state
  if isWaiting(fate) then
    job.uniq = job.uniq or details.freed
    details.freed = nil
    job.dueAt = fate.dueAt
  else
    local keepDeadMs = math.max(queue.policy.keepDeadMs or defaults.keepDeadMs, details.keepMs or 0)
    job.dueAt = now + (fate.state == 'done' and fate.keepMs or keepDeadMs)
    details.freed = job.uniq or details.freed
    job.uniq = nil
    details.reason = fate.reason
    details.endedAt = now
  end
  job.details = said(details)
end

-- A text cut between two characters of UTF-8.
local function cut(text, bytes)
  if #text <= bytes then return text end
  while bytes > 0 and text:byte(bytes + 1) >= 128 and text:byte(bytes + 1) < 192 do bytes = bytes - 1 end
  return text:sub(1, bytes)
end

-- The lease is no more, the attempt is written down. The latest error is kept as it is, earlier ones are not to fill the record.
local function afterAttempt(job, ending)
  local details = job.details or {}
  local lease = details.lease or {}
  ending.attempt = attemptOf(job)
  ending.startedAt = lease.since or ending.endedAt
  ending.worker = lease.worker or ending.worker
  ending.lease = lease.token
  local log = details.log or {}
  while #log >= bounds.attemptsKept do table.remove(log, 1) end
  for _, one in ipairs(log) do
    if one.error then one.error = cut(one.error, bounds.earlierErrorChars) end
  end
  log[#log + 1] = ending
  details.lease = nil
  details.log = log
  job.details = details
end

-- Back into the queue after a lease; `asked` says whether somebody asked for the job to be cancelled.
local function returning(job, asked, delayMs)
  if asked then return { state = 'dead', reason = 'cancelled' } end
  if isExpired(job) then return { state = 'dead', reason = 'expired' } end
  if delayMs and delayMs > 0 then return { state = 'delayed', dueAt = now + delayMs } end
  return { state = 'ready' }
end

-- Failures and crashes since the last retry, one more of them included.
local function spentWith(job, more)
  local forgiven = job.details and job.details.forgiven or { failures = 0, crashes = 0 }
  local spent = { failures = failuresOf(job) - forgiven.failures, crashes = crashesOf(job) - forgiven.crashes }
  spent[more] = spent[more] + 1
  return spent
end

local function isUsedUp(job, spent)
  local attempts = (job.details and job.details.attempts) or queue.policy.attempts or defaults.attempts
  return spent.failures + spent.crashes >= attempts
end

local function born(new, id)
  local job = { id = id, createdAt = now, state = 'ready' }
  local runAt = new.runAt or now + (new.delayMs or 0)
  if not isDue(runAt) then job.state, job.dueAt = 'delayed', runAt end
  job.uniq = new.uniq
  if new.priority and new.priority ~= bounds.defaultPriority then job.priority = new.priority end
  local ttlMs = new.ttlMs or queue.policy.ttlMs
  if ttlMs then job.expiresAt = now + ttlMs end
  local details = {}
  for _, name in ipairs({ 'uniqUntil', 'attempts', 'backoff', 'keepMs', 'tags', 'traceparent' }) do
    details[name] = new[name]
  end
  job.details = said(details)
  return job
end

-- A new job goes in.
local function insert(new, id, body)
  local job = born(new, id)
  call('HSET', key('body'), id, body)
  put(job)
  return job
end

local function isHeldBy(job, token)
  local lease = job.details and job.details.lease
  return job.state == 'leased' and lease ~= nil and lease.token == token and not isDue(job.dueAt)
end

local function leaseOver(job, restart)
  local asked = isCancelled(job)
  local endedAt = job.dueAt
  if restart then
    afterAttempt(job, { outcome = 'released', endedAt = endedAt })
    moved(job, returning(job, asked))
    return
  end
  local spent = spentWith(job, 'crashes')
  local isEnough = spent.crashes >= (queue.policy.maxCrashes or defaults.maxCrashes) or isUsedUp(job, spent)
  local crashes = crashesOf(job) + 1
  afterAttempt(job, { outcome = 'crashed', endedAt = endedAt })
  job.details.crashes = crashes
  moved(job, isEnough and not asked and { state = 'dead', reason = 'crashed' } or returning(job, asked))
end

-- Lets time pass for one job: whether that changed it, and what is to be told of it. Its state is nil when it is gone.
local function passOne(job, restart)
  local expired = isWaiting(job) and isExpired(job)
  if not expired and (job.dueAt == nil or not isDue(job.dueAt)) then return false end
  if not expired and isEnded(job) then
    erase(job)
    job.state = nil
    return true
  end
  local was = job.state
  local worker = was == 'leased' and job.details.lease.worker or nil
  drop(job)
  if expired then
    moved(job, { state = 'dead', reason = 'expired' })
  elseif was == 'delayed' then
    job.state, job.dueAt = 'ready', nil
  else
    leaseOver(job, restart)
  end
  settleIn(job)
  if was == 'leased' or job.state == 'dead' then
    return true, { queue = args.queue, id = job.id, state = job.state, worker = worker }
  end
  return true
end

-- Lets time pass for the first jobs of each of these states; what is to be told, and how many became ready. Nothing is due before the
-- time that the index has.
local function pass(states, limit, restart)
  local news, ready = {}, 0
  if not queue.indexed or queue.indexed > now then return news, ready, 0 end
  local function each(kind)
    local due = call('ZRANGEBYSCORE', key(kind), '-inf', int(now), 'LIMIT', 0, limit)
    for _, id in ipairs(due) do
      local job = load(id)
      if job then
        local changed, told = passOne(job, restart)
        if told then news[#news + 1] = told end
        if changed and kind ~= 'expiring' and job.state == 'ready' then ready = ready + 1 end
      end
    end
    return #due
  end
  local done = each('expiring')
  for _, state in ipairs(states) do done = done + each(state) end
  return news, ready, done
end

-- The job after letting time pass for it, none when it is gone, and what is to be told: `moved`, and how many became `ready`.
local function look(id)
  local job = queue.exists and load(id)
  if not job then return nil, {} end
  local was = job.state
  local _, told = passOne(job)
  -- Too old a record may have been trimmed away.
  job = load(id)
  local isReady = was ~= 'ready' and job and job.state == 'ready'
  return job, { moved = { told }, ready = isReady and 1 or 0 }
end

local timedStates = { 'delayed', 'leased', 'done', 'dead' }
