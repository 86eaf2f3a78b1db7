-- job {id, ahead?, awaited?} → {ahead?, moved, ready}, job if it is there
local job, head = look(args.id)
local reply = { '' }
if job then
  if args.ahead and job.state == 'ready' then
    head.ahead = math.min(call('ZRANK', key('ready'), job.id), bounds.scanStep)
  end
  show(job, reply)
  if args.awaited and not isEnded(job) then call('SET', key('awaited'), 1, 'EX', awaitedTtl) end
end
reply[1] = answer(head)
return reply
