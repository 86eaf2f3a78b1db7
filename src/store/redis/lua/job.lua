-- job {id, ahead?} → {ahead?, moved, ready}, job if it is there
local queue = find(args.queue)
local job, head = look(queue, args.id)
local reply = { '' }
if job then
  if args.ahead and job.state == 'ready' then
    head.ahead = math.min(call('ZRANK', key(queue, 'ready'), job.id), bounds.scanStep)
  end
  show(queue, job, reply)
end
finish()
reply[1] = cjson.encode(head)
return reply
