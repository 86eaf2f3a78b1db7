-- queues {limit, after} → {names, total}
local set = root .. 'queues'
local names = call('ZRANGEBYLEX', set, '(' .. args.after, '+', 'LIMIT', 0, args.limit)
return { cjson.encode({ names = names, total = call('ZCARD', set) }) }
