-- commit: the scheduler's decisions, and how far it had read when it took them.
--
-- ARGV[1]: [epoch, number, cursor, proposals]; then the runs of events of all proposals in order.
-- Returns [now, verdict of each proposal…].
--
-- Protects I5: an epoch that is not the present one writes nothing. Decisions and cursor are one step, so none is taken
-- twice. A decision whose guard no longer holds is refused; the fact that beat it is already in the log.

register('commit', function(keys, args)
  local K = open(keys)
  if not derived(K) then return REBUILD end
  local control = cmsgpack.unpack(args[1])
  local epoch, number = control[1], control[2]
  local meta = redis.call('HMGET', K.meta, 'epoch', 'number', 'reply')
  local current = tonumber(meta[1]) or 0
  if current ~= epoch then return {err = 'JMEPOCH ' .. current} end
  if (tonumber(meta[2]) or 0) > number then return PASSED end
  if tonumber(meta[2]) == number then return cmsgpack.unpack(meta[3]) end
  local now = now_ms()
  local reply = apply(K, now, control[4], args, epoch, control[3])
  table.insert(reply, 1, now)
  redis.call('HSET', K.meta, 'cursor', control[3], 'number', number, 'reply', cmsgpack.pack(reply))
  return reply
end)
