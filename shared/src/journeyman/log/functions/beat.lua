-- beat: a worker says that it lives.
--
-- ARGV[1]: [worker, facts]; facts: JSON text kept for whoever looks.
-- Returns [now, 1 if it shall drain else 0, then job id and attempt of each attempt to interrupt].
--
-- Protects I7: what does not beat is lost. A worker that is not registered any more is told so, and never beats itself back to
-- life.

register('beat', function(keys, args)
  local K = open(keys)
  if not derived(K) then return REBUILD end
  local control = cmsgpack.unpack(args[1])
  local worker = control[1]
  if not redis.call('ZSCORE', K.beats, worker) then return LOST end
  local now, record = now_ms(), K.worker .. ':' .. worker
  redis.call('ZADD', K.beats, now, worker)
  redis.call('HSET', record, 'facts', control[2])
  local reply = {now, redis.call('HEXISTS', record, 'drain')}
  local stops = redis.call('HGETALL', K.stop .. ':' .. worker)
  for i = 1, #stops, 2 do
    reply[#reply + 1] = stops[i]
    reply[#reply + 1] = tonumber(stops[i + 1])
  end
  return reply
end)
