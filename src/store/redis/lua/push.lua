-- push {pushes: [{count, jobs?, failure?, once?, represent?}]} texts… → {pushed: [{first} | {exists} | {differs} | {full}]}, jobs…
local at = 1
local reply, pushed = { '' }, {}
local plain = {}

local function holderOf(jobs)
  for _, job in ipairs(jobs) do
    local holder = job.uniq and call('HGET', key('uniq'), job.uniq)
    if holder then return holder end
  end
  return nil
end

local function before(once)
  local text = call('HGET', key('once'), once.key)
  local entry = text and cjson.decode(text)
  if not entry or isDue(entry['until']) then return nil end
  if entry.print ~= once.print then return { differs = true } end
  return { first = entry.first, count = entry.count, replayed = true }
end

local function isFull(push)
  local maxSize = queue.policy.maxSize
  if not maxSize or not queue.exists or push.failure or push.count == 0 then return false end
  return call('ZCARD', key('ready')) + call('ZCARD', key('delayed')) + push.count > maxSize
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
  open()
  local id = nextIds(push.count)
  for index = 0, push.count - 1 do
    local job = insert(jobs[index + 1] or plain, int(id + index), ARGV[1 + first + index])
    if push.represent then show(job, reply) end
  end
  if push.once then
    local entry = { print = push.once.print, ['until'] = push.once['until'], first = int(id), count = push.count }
    remember(push.once.key, entry)
  end
  if push.failure then
    call('HINCRBY', base, 'failed', push.count)
  end
  return { first = int(id), count = push.count }
end

-- Nothing but texts, and a queue without bounds: most pushes are so, and go in with few commands.
local function isPlain(push)
  return push and push.count > 0 and not (push.jobs or push.once or push.failure or push.represent)
end

local function insertPlain(id, count)
  local record = cjson.encode(born(plain, nil))
  local rank = rankOf(plain) * highestId
  for from = 0, count - 1, mostAtOnce do
    local bodies, jobs, ready = {}, {}, {}
    for index = from, math.min(count, from + mostAtOnce) - 1 do
      local name = int(id + index)
      local nth = 2 * (index - from)
      bodies[nth + 1], bodies[nth + 2] = name, ARGV[1 + at + index]
      jobs[nth + 1], jobs[nth + 2] = name, record
      ready[nth + 1], ready[nth + 2] = int(rank + id + index), name
    end
    call('HSET', key('body'), unpack(bodies))
    call('HSET', key('jobs'), unpack(jobs))
    call('ZADD', key('ready'), unpack(ready))
  end
  at = at + count
  queue.woken = true
end

-- Those from this one on that are plain; the first that is not.
local function allPlain(from)
  local upto, total = from, 0
  while isPlain(args.pushes[upto]) do
    total = total + args.pushes[upto].count
    upto = upto + 1
  end
  open()
  local id = nextIds(total)
  insertPlain(id, total)
  for index = from, upto - 1 do
    local count = args.pushes[index].count
    pushed[index] = { first = int(id), count = count }
    id = id + count
  end
  return upto
end

local isBounded = queue.policy.maxSize ~= nil or queue.policy.ttlMs ~= nil
local index = 1
while args.pushes[index] do
  if not isBounded and isPlain(args.pushes[index]) then
    index = allPlain(index)
  else
    pushed[index] = one(args.pushes[index])
    index = index + 1
  end
end
reply[1] = answer({ pushed = pushed })
return reply
