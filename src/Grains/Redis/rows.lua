-- A piece of what a projection keeps of one account, in the order of the keys or against it.
--
-- KEYS  1 the keys in their order (sorted set)   2 rows (hash: key -> body)
-- ARGV  1 asc|desc   2 where to begin   3 where to end, both as ZRANGEBYLEX writes bounds   4 most, 1,000 or fewer
-- Returns {key, body, key, body, ...}.
local keys = redis.call(ARGV[1] == 'desc' and 'ZREVRANGEBYLEX' or 'ZRANGEBYLEX', KEYS[1], ARGV[2], ARGV[3], 'LIMIT', 0, ARGV[4])
if #keys == 0 then
  return keys
end
local bodies, found = redis.call('HMGET', KEYS[2], unpack(keys)), {}
for i = 1, #keys do
  found[2 * i - 1], found[2 * i] = keys[i], bodies[i]
end
return found
