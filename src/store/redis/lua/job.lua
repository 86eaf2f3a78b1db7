-- job {id, ahead?} → {ahead?, moved, ready}, job if it is there
local job, head = look(args.id)
local reply = { '' }
if job then
  if args.ahead and job.state == 'ready' then
    head.ahead = math.min(call('ZRANK', key('ready'), job.id), bounds.scanStep)
  end
  show(job, reply)
end
reply[1] = answer(head)
return reply
