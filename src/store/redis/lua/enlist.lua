-- enlist {queue, first} → {}: the queue is there, whatever was there before.
call('DEL', closedKey(args.queue))
call('HDEL', key('firsts'), args.queue)
opened(args.queue, args.first)
return { '{}' }
