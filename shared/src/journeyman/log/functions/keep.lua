-- keep: what is about to leave the log, and is still needed, is kept beside it.
--
-- ARGV[1]: [job ids]. Of those that are open and whose body stands in the log, the body moves to `bodies`.
-- Returns [now, how many moved].
--
-- Protects I1: trimming the log never takes the body of a job that has not ended.

register('keep', function(keys, args)
  local K = open(keys)
  if not derived(K) then return REBUILD end
  local ids, read, kept = cmsgpack.unpack(args[1])[1], {}, {}
  if #ids == 0 then return {now_ms(), 0} end
  local values = redis.call('HMGET', K.bodies, unpack(ids))
  for i = 1, #ids do
    local body = values[i] and #values[i] == PLACE_SIZE and body_of(K, values[i], read)
    if body then
      kept[#kept + 1] = ids[i]
      kept[#kept + 1] = body
    end
  end
  sliced('HSET', K.bodies, kept)
  return {now_ms(), #kept / 2}
end)
