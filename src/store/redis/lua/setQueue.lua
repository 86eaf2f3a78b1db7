-- setQueue {stopped?, policy?, ifRevision?} → {stopped, policy, revision} | {}

local function isAsked()
  if not args.ifRevision then return true end
  for _, revision in ipairs(args.ifRevision) do
    if revision == queue.revision then return true end
  end
  return false
end

if not isAsked() then return { '{}' } end
open()
for name, value in pairs(args.policy or {}) do
  queue.policy[name] = value ~= cjson.null and value or nil
end
if args.stopped ~= nil then queue.stopped = args.stopped end
queue.revision = int(nextIds(1))
call('HSET', base, 'stopped', queue.stopped and '1' or '0', 'policy', cjson.encode(queue.policy),
  'revision', queue.revision)
-- There may be more records now than are to be kept.
if surplus('done') > 0 or surplus('dead') > 0 then note(0) end
queue.woken = not queue.stopped
return { answer({ stopped = queue.stopped, policy = queue.policy, revision = queue.revision }) }
