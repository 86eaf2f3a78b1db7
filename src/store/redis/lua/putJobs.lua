-- putJobs {ids} record, text and result ('' for none) of each… → {}: as they are; no time passes for them.
local records, texts, results, expiring, held, holders = {}, {}, {}, {}, {}, {}
local states = { ready = {}, delayed = {}, leased = {}, done = {}, dead = {} }

local function add(list, one, other)
  list[#list + 1] = one
  list[#list + 1] = other
end

for index, id in ipairs(args.ids) do
  local record, text, result = ARGV[3 * index - 1], ARGV[3 * index], ARGV[3 * index + 1]
  local job = decoded(id, record)
  add(records, id, record)
  add(texts, id, text)
  if result ~= '' then add(results, id, result) end
  add(states[job.state], job.state == 'ready' and readyScore(job) or int(job.dueAt or 0), id)
  if job.uniq then add(holders, job.uniq, id) end
  if isWaiting(job) and job.expiresAt then add(expiring, int(job.expiresAt), id) end
  local worker = job.state == 'leased' and job.details.lease.worker
  if worker then add(held, 0, heldBy(worker, id)) end
end
callMany('HSET', key('jobs'), records)
callMany('HSET', key('body'), texts)
callMany('HSET', key('result'), results)
callMany('HSET', key('uniq'), holders)
for state, scores in pairs(states) do callMany('ZADD', key(state), scores) end
callMany('ZADD', key('expiring'), expiring)
callMany('ZADD', key('held'), held)
return { '{}' }
