-- The first messages of their order keys that are due, earliest first.
--
-- KEYS  1 index of first messages   ARGV  1 prefix of the partition's keys   2 now   3 most
-- Returns {id, message, due, attempts, progress, last error} for each.
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[2], 'LIMIT', 0, ARGV[3])
for i = 1, #ids do
  local fields = redis.call('HMGET', ARGV[1] .. 'message:' .. ids[i], 'm', 'd', 'a', 'p', 'e')
  ids[i] = {ids[i], fields[1], fields[2], fields[3], fields[4], fields[5]}
end
return ids
