-- queues {limit, after} → {names, total}
local names = call('ZRANGEBYLEX', key('queues'), '(' .. args.after, '+', 'LIMIT', 0, args.limit)
return { cjson.encode({ names = names, total = call('ZCARD', key('queues')) }) }
