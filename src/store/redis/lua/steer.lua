-- steer {action, id} | {action, state, limit, contains?, from?} → {changed: [{id, state?, worker?}], refused?, next?, moved, ready}

local function retry(job)
  if job.state == 'ready' then return true end
  local reason = job.details and job.details.reason
  if reason == 'damaged' or (job.state ~= 'dead' and job.state ~= 'delayed') then return false end
  local failures, crashes = failuresOf(job), crashesOf(job)
  local details = job.details or {}
  local wanted = job.uniq or details.freed
  local holder = wanted and call('HGET', key('uniq'), wanted)
  if job.state == 'dead' and holder and holder ~= job.id then return false, 'key_held' end
  drop(job)
  details.forgiven = failures + crashes > 0 and { failures = failures, crashes = crashes } or nil
  details.reason, details.endedAt = nil, nil
  if isExpired(job) then job.expiresAt = nil end
  job.details = details
  moved(job, { state = 'ready' })
  settleIn(job)
  return true
end

local function cancel(job)
  if isWaiting(job) then
    drop(job)
    moved(job, { state = 'dead', reason = 'cancelled' })
    settleIn(job)
    return true
  end
  if job.state == 'dead' and job.details.reason == 'cancelled' then
    trim('dead', 2)
    return true
  end
  if job.state ~= 'leased' then return false end
  job.details.lease.cancel = true
  save(job)
  return true
end

-- What became of it, or why nothing did.
local function one(job)
  local was = job.state
  local lease = job.details and job.details.lease
  local told = { id = job.id, worker = lease and lease.worker or nil }
  if args.action == 'delete' then
    erase(job)
    return told
  end
  local act = args.action == 'retry' and retry or cancel
  local isDone, why = act(job)
  if not isDone then return nil, { why = why or 'job_state', state = not why and was or nil } end
  told.state = job.state
  return told
end

local reply = { changed = {} }
if args.id then
  local job, head = look(args.id)
  reply.moved, reply.ready = head.moved, head.ready
  if job then reply.changed[1], reply.refused = one(job)
  else reply.refused = { why = 'job_unknown' } end
elseif queue.exists then
  reply.moved, reply.ready = pass(timedStates, bounds.ripenStep)
  local jobs = {}
  reply.next = page(args, false, function(job) jobs[#jobs + 1] = job end)
  for _, job in ipairs(jobs) do
    local changed = one(job)
    if changed then reply.changed[#reply.changed + 1] = changed end
  end
end
return { answer(reply) }
