-- claim: a worker takes ready jobs, which start in this step.
--
-- ARGV[1]: [worker, number, count, queues, types, wanted, offer, received]; queues: names, or * alone for every queue. wanted:
-- places that the worker was handed, by something that may hand them twice or late, as [queue, priority, type, place]; then none
-- but these start (02_wanted.lua). nil where the worker takes what stands in line. offer: true where, if nothing is found, the
-- next job may be started without being asked for (04_bringing.lua). count 0: nothing is taken, and the worker is idle no longer.
-- received: under which number the worker received jobs last, by whatever way; 0: never; nil: it does not say.
-- Returns [now, entry id or '', bodies, lines, places, fates]: the bodies one behind the other; the places; the lines they
-- came from, as queue, priority, how many of the places; and of wanted places what became of each.
--
-- What it takes, and in which order: 03_taking.lua. Repeating a call with the same number returns what of that batch the worker
-- still holds; so does the call with the number under which a job was brought. The call before that had found nothing, and does
-- so again: its reply may have been lost, and the worker asks again before it listens.
--
-- What was started for the worker and never received is given again, under the present number. A worker that has received more
-- than is known here did so before a crash or a failover; where a job was then brought on its former offer, which the worker
-- takes for an old one, it counts as lost.

-- Of a repeated call: what is still held has started. Whatever else was wanted is of no use to this worker any more.
local function fates_again(wanted, kept)
  local started, fates = {}, {}
  for i = 1, #kept do started[kept[i]] = true end
  for i = 1, #wanted do
    fates[i] = started[wanted[i][4]] and STARTED or GONE
    started[wanted[i][4]] = nil
  end
  return fates
end

-- What the worker still holds of the batch it was given last.
local function again(K, now, worker, batch, wanted)
  local entry, lines, places = unpack(batch)
  local bodies, kept_lines, kept, read, at = {}, {}, {}, {}, 0
  for l = 1, #lines, 3 do
    for _ = 1, lines[l + 2] do
      at = at + 1
      local place = places[at]
      local id, attempt = place:sub(1, 24), place:match('^%d+', 25)
      local value = redis.call('HGET', K.bodies, id)
      local body = value and redis.call('HGET', K.held, id) == attempt .. ':' .. worker and body_of(K, value, read)
      if body then
        bodies[#bodies + 1], kept[#kept + 1] = body, place
        kept_lines[#kept_lines + 1] = lines[l]
        kept_lines[#kept_lines + 1] = lines[l + 1]
        kept_lines[#kept_lines + 1] = 1
      end
    end
  end
  return reply_with(now, entry, bodies, kept_lines, kept, wanted and fates_again(wanted, kept))
end

-- What a worker has to be given that it did not receive; LOST where that cannot be told.
local function not_received(K, now, worker, record, control, last)
  local number, received, answered = control[2], control[8], tonumber(last[1])
  if not received or not answered or received == answered or control[6] then return nil end
  local reply = again(K, now, worker, cmsgpack.unpack(last[2]))
  if #reply[5] == 0 then return nil end
  if received > answered then return tonumber(last[3]) == answered and LOST or nil end
  redis.call('HSET', record, 'claim', number)
  return reply
end

register('claim', function(keys, args)
  local K = open(keys)
  local about, permits, by = redis.call('HMGET', K.meta, 'schema', 'shut'), nil, nil
  if not about[1] and not derived(K) then return REBUILD end
  local control = cmsgpack.unpack(args[1])
  local worker, number, count, queues = control[1], control[2], control[3], control[4]
  if not redis.call('ZSCORE', K.beats, worker) then return LOST end
  local now, record = now_ms(), K.worker .. ':' .. worker
  local last = redis.call('HMGET', record, 'claim', 'batch', 'offer')
  local answered = tonumber(last[1]) or 0
  if answered == number + 1 and tonumber(last[3]) == answered then return reply_with(now, '', {}, {}, {}) end
  if answered > number then return PASSED end
  if answered == number then return again(K, now, worker, cmsgpack.unpack(last[2]), control[6]) end

  local owed = not_received(K, now, worker, record, control, last)
  if owed then return owed end

  if about[2] then permits, by = shut_types(K) end
  local jobs, fates = {}, nil
  if control[6] then
    fates = take_wanted(K, control[6], queues, control[5], permits, jobs)
    if #jobs < count then redis.call('SADD', K.idle .. RECEIVERS, worker) end
  else
    take_in_line(K, queues, control[5], count, permits, jobs)
    for i = 1, #queues do
      if #jobs < count then
        redis.call('SADD', K.idle .. ':' .. queues[i], worker)
      elseif count == 0 then
        redis.call('SREM', K.idle .. ':' .. queues[i], worker)
      end
    end
  end
  if #jobs == 0 then
    if control[7] then
      redis.call('HSET', record, 'offer', number + 1)
    elseif last[3] then
      redis.call('HDEL', record, 'offer')
    end
    return reply_with(now, '', {}, {}, {}, fates)
  end
  if permits then spend(K, jobs, permits, by) end
  return start(K, now, worker, record, number, jobs, fates)
end)
