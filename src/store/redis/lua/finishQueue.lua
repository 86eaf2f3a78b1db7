-- finishQueue {stopped, policy, revision, processed, failed, last} → {}: somebody is to look at once what time changes in it.
-- New ids start with the time, as in a queue that was opened here: all of one length from then on.
local last = math.max(clock() * 100, tonumber(call('HGET', base, 'last')), tonumber(args.last))
call('HSET', base, 'stopped', args.stopped and '1' or '0', 'policy', cjson.encode(args.policy), 'revision', args.revision,
  'processed', int(args.processed), 'failed', int(args.failed), 'last', int(last))
note(0)
return { answer({}) }
