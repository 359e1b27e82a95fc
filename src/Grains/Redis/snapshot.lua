-- Keeps a snapshot, unless it is of events that are not there, or a newer one came first.
--
-- KEYS  1 snapshot (hash: s seq, f format, b state)   2 events   ARGV  1 seq   2 format   3 state
local seq = tonumber(ARGV[1])
if seq <= redis.call('LLEN', KEYS[2]) and seq >= tonumber(redis.call('HGET', KEYS[1], 's') or 0) then
  redis.call('HSET', KEYS[1], 's', ARGV[1], 'f', ARGV[2], 'b', ARGV[3])
end
