-- note {name, text?, unlessThere?} → {text?}: a short text that is kept under a name.
if args.text then
  if args.unlessThere then call('HSETNX', key('note'), args.name, args.text)
  else call('HSET', key('note'), args.name, args.text) end
end
return { cjson.encode({ text = call('HGET', key('note'), args.name) or nil }) }
