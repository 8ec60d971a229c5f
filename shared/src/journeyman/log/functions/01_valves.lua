-- Valves: types of jobs that are shut for claims, with the guard and the effect that go with them. Mechanism only: who shuts
-- a type, and how many of its jobs may start all the same, is decided elsewhere. `claim` heeds them.
--
-- `valves`: type -> `permits:by`. meta's field `shut` says that there is something in it, so that a claim looks only then.

function GUARDS.shut_by(K, now, type_, by)
  local who = (redis.call('HGET', K.valves, type_) or ':'):match(':(.*)$')
  if who ~= by then return who == '' and 'open' or who end
end

-- Ring idle workers for up to `most` jobs of a type, of whatever queue and priority.
local function ring_for_type(K, type_, most)
  local queues = redis.call('SMEMBERS', K.queues)
  for i = 1, #queues do
    local lines = redis.call('ZRANGE', K.ready .. ':' .. queues[i], 0, -1)
    for j = 1, #lines do
      if most <= 0 then return end
      if lines[j]:match(':(.*)$') == type_ then
        local wanted = math.min(redis.call('LLEN', K.ready .. ':' .. queues[i] .. ':' .. lines[j]), most)
        ring_idle(K, queues[i], type_, wanted)
        most = most - wanted
      end
    end
  end
end

function EFFECTS.valve(K, now, type_, by, permits)
  if by == '' then
    redis.call('HDEL', K.valves, type_)
    if redis.call('EXISTS', K.valves) == 0 then redis.call('HDEL', K.meta, 'shut') end
    ring_for_type(K, type_, math.huge)
  elseif permits == 0 then
    redis.call('HSET', K.valves, type_, '0:' .. by)
    redis.call('HSET', K.meta, 'shut', '1')
  else
    local left, who = (redis.call('HGET', K.valves, type_) or ':'):match('^(%d*):(.*)$')
    if who ~= by then return end
    redis.call('HSET', K.valves, type_, string.format('%d:%s', tonumber(left) + permits, by))
    ring_for_type(K, type_, permits)
  end
end
