-- An account's dead letters in this partition, newest first.
--
-- KEYS  1 letters of the account (sorted set)   ARGV  1 prefix of the partition's keys   2 largest number wanted   3 most
-- Returns {number, message, attempts, died at, error} for each.
local ids = redis.call('ZREVRANGEBYSCORE', KEYS[1], ARGV[2], '-inf', 'LIMIT', 0, ARGV[3])
for i = 1, #ids do
  local fields = redis.call('HMGET', ARGV[1] .. 'letter:' .. ids[i], 'm', 'a', 't', 'e')
  ids[i] = {ids[i], fields[1], fields[2], fields[3], fields[4]}
end
return ids
