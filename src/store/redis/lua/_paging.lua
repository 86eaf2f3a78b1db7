-- A bounded page of the jobs of a state (store/paging.ts once more): positions in the sorted set, not scores, so that many jobs
-- with the same time cost no more than few.

local chunk = 100

-- How many jobs of the set stand before (score, id), that one itself included when `through`.
local function standsBefore(set, score, id, through)
  local low = call('ZCOUNT', set, '-inf', '(' .. int(score))
  local high = low + call('ZCOUNT', set, int(score), int(score))
  -- Ids of one length are in their order as texts, too.
  while low < high do
    local middle = math.floor((low + high) / 2)
    local member = call('ZRANGE', set, middle, middle)[1]
    local isBefore = tonumber(member) < tonumber(id) or (through and member == id)
    if isBefore then low = middle + 1 else high = middle end
  end
  return low
end

-- Calls `found` with the jobs of the page; where to go on from, when there may be more.
local function page(asked, latestFirst, found)
  local set = key(asked.state)
  local total = call('ZCARD', set)
  local start = latestFirst and total - 1 or 0
  if asked.from then
    local score = tonumber(asked.from.at)
    if asked.state == 'ready' then score = score * highestId + tonumber(asked.from.id) end
    local stands = standsBefore(set, score, asked.from.id, not latestFirst)
    start = latestFirst and stands - 1 or stands
  end
  local step = latestFirst and -1 or 1
  local count, bytes, looked, lookedBytes, last = 0, 0, 0, 0, nil
  local function stop()
    if not last then return nil end
    return { at = last.state == 'ready' and rankOf(last) or last.dueAt, id = last.id }
  end
  local at = start
  while at >= 0 and at < total do
    local upto = latestFirst and math.max(0, at - chunk + 1) or math.min(total - 1, at + chunk - 1)
    local ids = call('ZRANGE', set, math.min(at, upto), math.max(at, upto))
    for index = 1, #ids do
      local id = latestFirst and ids[#ids - index + 1] or ids[index]
      if count == asked.limit or looked == bounds.scanStep or lookedBytes > bounds.scanBytes then return stop() end
      local job = load(id)
      local weight = weightOf(job)
      local isMatch = not asked.contains
        or call('HGET', key('body'), id):find(asked.contains, 1, true) ~= nil
      if isMatch then
        bytes = bytes + weight
        if count > 0 and asked.maxBytes and bytes > asked.maxBytes then return stop() end
        count = count + 1
        found(job)
      end
      looked = looked + 1
      lookedBytes = lookedBytes + weight
      last = job
    end
    at = upto + step
  end
  return nil
end
