-- push {pushes: [{count, jobs?, failure?, once?, represent?}]} texts… → {pushed: [{first} | {exists} | {differs} | {full}]}, jobs…
local queue = find(args.queue)
local at = 1
local reply, pushed = { '' }, {}
local plain = {}

local function holderOf(jobs)
  for _, job in ipairs(jobs) do
    local holder = job.uniq and call('HGET', key(queue, 'uniq'), job.uniq)
    if holder then return holder end
  end
  return nil
end

local function before(once)
  local text = call('HGET', key(queue, 'once'), once.key)
  local entry = text and cjson.decode(text)
  if not entry or isDue(entry['until']) then return nil end
  if entry.print ~= once.print then return { differs = true } end
  return { first = entry.first, count = entry.count, replayed = true }
end

local function isFull(push)
  local maxSize = queue.policy.maxSize
  if not maxSize or not queue.exists or push.failure or push.count == 0 then return false end
  return call('ZCARD', key(queue, 'ready')) + call('ZCARD', key(queue, 'delayed')) + push.count > maxSize
end

local function one(push)
  local first = at
  at = at + push.count
  local jobs = push.jobs or {}
  local answered = push.once and before(push.once)
  if answered then return answered end
  if isFull(push) then return { full = true } end
  local exists = holderOf(jobs)
  if exists then return { exists = exists } end
  open(queue.name)
  local id = nextIds(queue, push.count)
  for index = 0, push.count - 1 do
    local job = insert(queue, jobs[index + 1] or plain, int(id + index), ARGV[1 + first + index])
    if push.represent then show(queue, job, reply) end
  end
  if push.once then
    local entry = { print = push.once.print, ['until'] = push.once['until'], first = int(id), count = push.count }
    call('HSET', key(queue, 'once'), push.once.key, cjson.encode(entry))
    call('ZADD', key(queue, 'onceat'), int(entry['until']), push.once.key)
    note(queue, entry['until'])
  end
  if push.failure then
    call('HINCRBY', queue.base, 'failed', push.count)
    workerFailed(push.failure.worker, queue, push.count)
  end
  return { first = int(id), count = push.count }
end

for index, push in ipairs(args.pushes) do pushed[index] = one(push) end
finish()
reply[1] = cjson.encode({ pushed = pushed })
return reply
