-- Changes of a partition's outbox and dead letters. Of each order key only the first message is in the index of what is due; whoever
-- removes a first one puts the next there.
--
-- KEYS  1 index of first messages (sorted set: id by due)   2 the partition's lease
-- ARGV  1 prefix of the partition's keys   2 what to do   3 id   then what each needs; last: epoch of the worker's lease, or ''
-- Returns 1 when something was done that a worker should look at (replay, discard: when there was such a letter), else 0; -1 when
-- another worker holds the partition.
local call = redis.call
local prefix, act, id = ARGV[1], ARGV[2], ARGV[3]
local message, letter = prefix .. 'message:' .. id, prefix .. 'letter:' .. id

local function remove(queue)
  call('DEL', message)
  local first = call('ZREM', KEYS[1], id) == 1
  call('LREM', prefix .. 'queue:' .. queue, 1, id)
  local following = call('LINDEX', prefix .. 'queue:' .. queue, 0)
  if first and following then
    call('ZADD', KEYS[1], call('HGET', prefix .. 'message:' .. following, 'd'), following)
    return 1
  end
  return 0
end

-- A try begins under the newest lease only. What became of a try is taken from whoever began the last one, even if another worker
-- has taken over since: what the platform answered is known nowhere else.
local epoch = ARGV[#ARGV]
local function lost()
  if epoch == '' or call('HGET', KEYS[2], 'e') == epoch then return false end
  return act == 'begin' or call('HGET', message, 'o') ~= epoch
end
if act ~= 'replay' and act ~= 'discard' and lost() then
  return -1
end

local acts = {}

-- Only where the message still is: a late call must not make one anew out of its last field.
function acts.begin()
  if call('EXISTS', message) == 1 then
    call('HINCRBY', message, 'a', 1)
    call('HSET', message, 'o', epoch)
  end
  return 0
end

function acts.progress()
  if call('EXISTS', message) == 1 then call('HSET', message, 'p', ARGV[4], 'a', 0) end
  return 0
end

function acts.retry()
  if call('EXISTS', message) == 0 then return 0 end
  call('HSET', message, 'd', ARGV[4], 'e', ARGV[5])
  if call('ZSCORE', KEYS[1], id) then call('ZADD', KEYS[1], ARGV[4], id) end
  return 1
end

function acts.complete()
  local queue = call('HGET', message, 'q')
  return queue and remove(queue) or 0
end

-- ARGV  4 now   5 smallest number for the letter: made of the time, so that letters of all partitions sort by it   6 error
function acts.bury()
  local old = call('HMGET', message, 'q', 'm', 'a', 'p')
  if not old[1] then return 0 end
  local number = math.max(tonumber(call('GET', prefix .. 'last:letter') or 0) + 1, tonumber(ARGV[5]))
  local text = string.format('%.0f', number)
  call('SET', prefix .. 'last:letter', text)
  call('HSET', prefix .. 'letter:' .. text, 'q', old[1], 'm', old[2], 'a', old[3], 't', ARGV[4], 'e', ARGV[6])
  if old[4] then call('HSET', prefix .. 'letter:' .. text, 'p', old[4]) end
  call('ZADD', prefix .. 'dead:' .. old[1]:match('^[^/]*'), text, text)
  return remove(old[1])
end

-- ARGV  4 account
function acts.discard()
  return call('ZREM', prefix .. 'dead:' .. ARGV[4], id) == 1 and call('DEL', letter) or 0
end

-- ARGV  4 account   5 now
function acts.replay()
  local old = call('HMGET', letter, 'q', 'm', 'a', 'p', 'e')
  if acts.discard() == 0 then return 0 end
  id = string.format('%016.0f', call('INCR', prefix .. 'last:outbox'))
  message = prefix .. 'message:' .. id
  call('HSET', message, 'q', old[1], 'm', old[2], 'd', ARGV[5], 'a', old[3], 'e', old[5])
  if old[4] then call('HSET', message, 'p', old[4]) end
  if call('RPUSH', prefix .. 'queue:' .. old[1], id) == 1 then call('ZADD', KEYS[1], ARGV[5], id) end
  return 1
end

return acts[act]()
