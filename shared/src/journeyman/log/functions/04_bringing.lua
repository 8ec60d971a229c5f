-- A job for an idle worker, brought with the ring. The worker offered that with a claim that found nothing (`claim`, offer): the
-- next job that it would be rung for starts at once, under the number that its next claim will have, and the reply to that
-- claim comes over the bell. This spares the way there and back between the ring and the first line of the job.
--
-- Protects I3 and I8 as `claim` does: it is the same step, taken by another. A ring that was lost costs no job: the claim with
-- that number returns it. Nothing is started for a worker whose bell nobody hears.

-- Start a job for a worker that was chosen for one of a queue and a type, and bring it.
local function bring_to(K, now, worker, queue, type_)
  local record = K.worker .. ':' .. worker
  local about = redis.call('HMGET', record, 'queues', 'types', 'offer', 'claim')
  -- This very call may have taken the worker away, or have chosen it twice.
  if not stands(about[3], about[4]) then return ring_idle(K, queue, type_, 1) end
  local names = {{}, {}}
  for i = 1, 2 do
    for name in about[i]:gmatch('[^\n]+') do table.insert(names[i], name) end
  end
  local jobs, permits, by = {}, nil, nil
  if redis.call('HEXISTS', K.meta, 'shut') == 1 then permits, by = shut_types(K) end
  take_in_line(K, names[1], names[2], 1, permits, jobs)
  if #jobs == 0 then return ring(K, worker) end
  if permits then spend(K, jobs, permits, by) end
  local number = tonumber(about[3])
  local reply = start(K, now, worker, record, number, jobs)
  local at, entry, bodies, lines, places = unpack(reply)
  local head = cmsgpack.pack({number, at, entry, lines, places})
  redis.call('SPUBLISH', K.bell .. ':' .. worker, struct.pack('>I4', #head) .. head .. bodies)
end

-- Bring what this call has put in line to those that were chosen for it (`choose`).
local function bring(K, now)
  for _, each in ipairs(K.chosen or {}) do bring_to(K, now, unpack(each)) end
end
