-- deliver {at, names} entries… → {ids}: takes in the follow-up jobs of another queue, each once. `at` is when they were looked up
-- there: later than what is remembered here holds for, it is refused.
local latestMs = 5 * 60000
local rememberedMs = 30 * 86400000

-- The id of the job, or of the one that has its unique key.
local function deliver(entry)
  local holder = entry.job.uniq and call('HGET', key('uniq'), entry.job.uniq)
  if holder then return holder end
  open()
  local id = int(nextIds(1))
  insert(entry.job, id, entry.body)
  return id
end

if now - args.at > latestMs then return { '{"ids":{}}' } end
local ids = {}
for index, name in ipairs(args.names) do
  local field = followUpField(name)
  local before = call('HGET', key('once'), field)
  if before then
    ids[index] = cjson.decode(before).first
  else
    ids[index] = deliver(cjson.decode(ARGV[1 + index]))
    remember(field, { print = '', ['until'] = now + rememberedMs, first = ids[index], count = 1 })
  end
end
return { answer({ ids = ids }) }
