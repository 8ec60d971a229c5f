-- elect: take or renew the scheduler's lease.
--
-- ARGV[1]: [scheduler, lease in ms, epoch floor].
-- Returns [now, epoch or 0 for who does not lead, ms the present lease still runs].
--
-- Protects I5: a new term has an epoch above every earlier one, also above the floor (the last epoch seen in the log), so that
-- a deleted lease or counter never lets two schedulers share an epoch.

register('elect', function(keys, args)
  local K = open(keys)
  local control = cmsgpack.unpack(args[1])
  local scheduler, lease, floor = control[1], string.format('%d', control[2]), control[3]
  local now, leader = now_ms(), redis.call('GET', K.leader)
  local epoch = tonumber(redis.call('HGET', K.meta, 'epoch')) or 0
  if leader and leader ~= scheduler then return {now, 0, redis.call('PTTL', K.leader)} end
  redis.call('SET', K.leader, scheduler, 'PX', lease)
  if leader == scheduler and epoch > 0 then return {now, epoch, control[2]} end
  if not derived(K) then
    redis.call('DEL', K.leader)
    return REBUILD
  end
  epoch = math.max(epoch, floor) + 1
  redis.call('HSET', K.meta, 'epoch', epoch)
  redis.call('HDEL', K.meta, 'number', 'reply')
  local elected = '\147\177scheduler.elected' .. cmsgpack.pack(epoch) .. cmsgpack.pack(scheduler)
  redis.call('HSET', K.meta, 'term', add(K, {elected}, 1, epoch, ''))
  return {now, epoch, control[2]}
end)
