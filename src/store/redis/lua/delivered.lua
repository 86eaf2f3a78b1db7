-- delivered {jobs: [{name, id}]} → {}: they are in their queues under these ids, which the answer to a repeated settlement tells.
local function write(name, id)
  local jobId, index = name:match('^(%d+)/(%d+)$')
  local job = load(jobId)
  for _, one in ipairs(job and job.details and job.details.log or {}) do
    local pushed = one.answer and one.answer.pushed and one.answer.pushed[tonumber(index)]
    if pushed and pushed.outbox == name then
      pushed.id, pushed.outbox = id, nil
      save(job)
    end
  end
end

for _, one in ipairs(args.jobs) do
  if call('HDEL', key('outbox'), one.name) == 1 then write(one.name, one.id) end
end
return { '{}' }
