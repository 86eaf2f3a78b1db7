-- job {id, ahead?} → {found, ahead?, moved, ready}, job
local queue = find(args.queue)
local job = queue.exists and load(queue, args.id)
if not job then return { '{"found":false}' } end
local was = job.state
local _, told = passOne(queue, job)
-- Told as it is kept: it may have gone with time.
job = load(queue, args.id)
local reply = { '' }
local ahead = nil
if job then
  if args.ahead and job.state == 'ready' then
    ahead = math.min(call('ZRANK', key(queue, 'ready'), job.id), args.scanStep)
  end
  show(queue, job, reply)
end
finish()
reply[1] = cjson.encode({
  found = job ~= nil, ahead = ahead, moved = { told },
  ready = was ~= 'ready' and job and job.state == 'ready' and 1 or 0,
})
return reply
