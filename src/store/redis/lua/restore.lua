-- restore {jobs: [{id, lease?, record}], request?} texts… → {counted}: how many of them were counted as processed. With the request that gave
-- them only once.
if args.request and not undoGiven(args.request) then return { '{"counted":0}' } end
local counted = 0

local function untaken(job)
  local details = job.details or {}
  local log = details.log
  -- A job that was taken for good and has a record had its attempt written down.
  if log and job.state == 'done' then table.remove(log) end
  details.log = log and #log > 0 and log or nil
  details.lease, details.endedAt = nil, nil
  job.details = details
  moved(job, { state = 'ready' })
end

local function back(job)
  untaken(job)
  put(job)
end

for index, given in ipairs(args.jobs) do
  if queue.exists then
    local job = load(given.id)
    if given.lease then
      if job and isHeldBy(job, given.lease) then
        drop(job)
        back(job)
      end
    elseif tonumber(given.id) >= tonumber(queue.first) then
      counted = counted + 1
      if job then
        drop(job)
      else
        job = given.record
        job.id = given.id
        call('HSET', key('body'), job.id, ARGV[1 + index])
      end
      back(job)
    end
  end
end
if counted > 0 then call('HINCRBY', base, 'processed', -counted) end
return { answer({ counted = counted }) }
