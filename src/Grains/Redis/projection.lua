-- What a partition's projections keep: their effect and how far they have read, in one write.
--
-- KEYS  1 checkpoint of the projection (hash: f = format, p = position)   2 the partition's lease
--       in a cluster last a key that never exists: while the slot moves, Redis refuses the call for it instead of failing half way
-- ARGV  1 prefix of the partition's keys   2 projection   3 what to do: reset | advance   4 epoch of the worker's lease, or ''
--       reset: 5 format
--       advance: 5 from   6 to   then for each change: section/account, key, body ('' removes the row)
-- Returns 1 when done; 0 when the checkpoint is not where the step begins; -1 when another worker holds the partition.
local call = redis.call
local prefix, projection = ARGV[1], ARGV[2]
local sections = prefix .. 'sections:' .. projection

if ARGV[4] ~= '' and call('HGET', KEYS[2], 'e') ~= ARGV[4] then
  return -1
end

-- Of each section and account: the keys in their order (sorted set, all at 0), and the rows (hash: key -> body).
local function places(section)
  local place = projection .. '/' .. section
  return prefix .. 'order:' .. place, prefix .. 'rows:' .. place
end

if ARGV[3] == 'reset' then
  call('HSET', KEYS[1], 'f', ARGV[5], 'p', 0)
  local kept = call('ZRANGE', sections, 0, -1)
  for i = 1, #kept do
    call('UNLINK', places(kept[i]))
  end
  call('UNLINK', sections)
  return 1
end

if call('HGET', KEYS[1], 'p') ~= ARGV[5] then
  return 0
end
call('HSET', KEYS[1], 'p', ARGV[6])
for i = 7, #ARGV, 3 do
  local section, key, body = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local order, rows = places(section)
  if body == '' then
    if call('HDEL', rows, key) == 1 then
      call('ZREM', order, key)
    end
  elseif call('HSET', rows, key, body) == 1 then
    call('ZADD', order, 0, key)
    call('ZADD', sections, 0, section)
  end
end
return 1
