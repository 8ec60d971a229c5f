-- Claims of places that a worker was handed (`claim`, wanted), and the bell of workers that wait to be handed some.
--
-- Who hands places out may do so twice, late, or not at all. So a place starts only while it stands in its line, and whoever
-- comes second is told that it is gone. Everything that holds back a job in line holds it back here.

-- What became of a wanted place. GONE: it was taken, voided, or its job has ended. SHUT: its queue or its type is; it stays in
-- its line. FOREIGN: the worker does not serve its queue, or does not know its type.
local GONE, STARTED, SHUT, FOREIGN = 0, 1, 2, 3

-- A worthless place is looked for in so much of its line. One that stands further behind is met again when it has come up.
local NEAR = 128

local function leaves(K, line, place)
  if redis.call('LREM', line[4], 1, place) == 0 then return false end
  if redis.call('EXISTS', line[4]) == 1 then return true end
  redis.call('ZREM', K.ready .. ':' .. line[2], line[5])
  if redis.call('EXISTS', K.ready .. ':' .. line[2]) == 0 then redis.call('SREM', K.queues, line[2]) end
  return true
end

local function forget_near(K, line, place)
  if redis.call('LPOS', line[4], place, 'MAXLEN', NEAR) then leaves(K, line, place) end
  return GONE
end

-- Take one place, whose job's body and hold are given, if it is still worth anything; add its job to jobs then.
local function take_one(K, line, place, value, held, voids, read, jobs)
  if voids and redis.call('SISMEMBER', K.void, place) == 1 then
    if leaves(K, line, place) then redis.call('SREM', K.void, place) end
    return GONE
  end
  if not value or held then return forget_near(K, line, place) end
  if not leaves(K, line, place) then return GONE end
  local id = place:sub(1, 24)
  local body = body_of(K, value, read)
  if not body then
    redis.log(redis.LOG_WARNING, 'journeyman: the log does not hold the submission of job ' .. id .. ' any more')
    return GONE
  end
  jobs[#jobs + 1] = {id, place, line, body}
  return STARTED
end

-- Take the wanted places that still stand in line and may start, in this order; return the fate of each.
local function take_wanted(K, wanted, queues, types, permits, jobs)
  if #wanted == 0 then return {} end
  local serves, knows, paused, lines = {}, {}, {}, {}
  for i = 1, #queues do serves[queues[i]] = true end
  for i = 1, #types do knows[types[i]] = true end
  local ids, read, seen, fates = {}, {}, {}, {}
  for i = 1, #wanted do ids[i] = wanted[i][4]:sub(1, 24) end
  local bodies = redis.call('HMGET', K.bodies, unpack(ids))
  local held = redis.call('HMGET', K.held, unpack(ids))
  local voids = redis.call('EXISTS', K.void) == 1
  for i = 1, #wanted do
    local queue, priority, type_, place = unpack(wanted[i])
    if paused[queue] == nil then paused[queue] = redis.call('SISMEMBER', K.paused, queue) == 1 end
    if not knows[type_] or not (serves['*'] or serves[queue]) then
      fates[i] = FOREIGN
    elseif paused[queue] or (permits and permits[type_] == 0) then
      fates[i] = SHUT
    elseif seen[ids[i]] then
      fates[i] = GONE
    else
      local name = priority .. ':' .. type_
      local key = K.ready .. ':' .. queue .. ':' .. name
      lines[key] = lines[key] or {priority, queue, type_, key, name}
      fates[i] = take_one(K, lines[key], place, bodies[i], held[i], voids, read, jobs)
      if fates[i] == STARTED then
        seen[ids[i]] = true
        if permits and permits[type_] then permits[type_] = permits[type_] - 1 end
      end
    end
  end
  return fates
end

-- ring: places were handed out, and idle workers may receive them.
--
-- ARGV[1]: [[queue, type, how many]…], in an array of its own.
-- Returns [now].

register('ring', function(keys, args)
  local K, calls = open(keys), cmsgpack.unpack(args[1])[1]
  for i = 1, #calls do
    local queue, type_, wanted = unpack(calls[i])
    local workers = redis.call('SRANDMEMBER', K.idle .. RECEIVERS, RINGS_MAX)
    for j = 1, #workers do
      if wanted <= 0 then break end
      local known = redis.call('HMGET', K.worker .. ':' .. workers[j], 'queues', 'types')
      if not known[2] then
        redis.call('SREM', K.idle .. RECEIVERS, workers[j])
      elseif known[2]:find('\n' .. type_ .. '\n', 1, true)
        and (known[1] == '\n*\n' or known[1]:find('\n' .. queue .. '\n', 1, true)) then
        redis.call('SREM', K.idle .. RECEIVERS, workers[j])
        ring(K, workers[j])
        wanted = wanted - 1
      end
    end
  end
  return {now_ms()}
end)
