-- staff {queue} → {workers}: how many are registered on it.
return { cjson.encode({ workers = call('ZCARD', staffKey(args.queue)) }) }
