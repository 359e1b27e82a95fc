-- What this journal is: written at the first start, told at every other.
--
-- KEYS  1 journal (hash)   ARGV  1 schema   2 partitions   3 now
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('HSET', KEYS[1], 'schema', ARGV[1], 'partitions', ARGV[2], 'created', ARGV[3])
end
return redis.call('HMGET', KEYS[1], 'schema', 'partitions')
