-- A bounded piece of one list of an account: walks the sorted set, and leaves out what the filter does not let through.
--
-- KEYS  1 list (sorted set: id by sort value)   2 head
-- ARGV  1 what the keys of the account's conversations begin with   2 asc|desc   3 after: sort value, or ''   4 after: id
--       5 most to look at   6 sort by this list's value instead, or ''   7 filter, or ''
-- Returns {head, 1 if this was the end, last sort value looked at, last id looked at, sort value, id, sort value, id, ...}.
local STATUS, QUEUE, ASSIGNEE, CHANNEL, PRIORITY, SLA, CUSTOMER, LABELS = 1, 2, 3, 4, 5, 6, 7, 8

local call = redis.call
local descending, by = ARGV[2] == 'desc', ARGV[6]
local filter = ARGV[7] ~= '' and cmsgpack.unpack(ARGV[7]) or nil

local function matches(facets)
  if filter.status then
    local any = false
    for i = 1, #filter.status do
      any = any or filter.status[i] == facets[STATUS]
    end
    if not any then return false end
  end
  if filter.unassigned and facets[ASSIGNEE] then return false end
  if filter.label then
    local any = false
    for i = 1, #facets[LABELS] do
      any = any or facets[LABELS][i] == filter.label
    end
    if not any then return false end
  end
  return (not filter.queue or filter.queue == facets[QUEUE])
    and (not filter.assignee or filter.assignee == facets[ASSIGNEE])
    and (not filter.channel or filter.channel == facets[CHANNEL])
    and (not filter.priority or filter.priority == facets[PRIORITY])
    and (not filter.sla or filter.sla == facets[SLA])
    and (not filter.customer or filter.customer == facets[CUSTOMER])
end

local start = 0
if ARGV[3] ~= '' then
  local score = call('ZSCORE', KEYS[1], ARGV[4])
  if score and tonumber(score) == tonumber(ARGV[3]) then
    start = call(descending and 'ZREVRANK' or 'ZRANK', KEYS[1], ARGV[4]) + 1
  elseif descending then
    -- It has moved since. From the first with its sort value; the caller drops those it has seen.
    start = call('ZCOUNT', KEYS[1], '(' .. ARGV[3], '+inf')
  else
    start = call('ZCOUNT', KEYS[1], '-inf', '(' .. ARGV[3])
  end
end

local most = tonumber(ARGV[5])
local page = call(descending and 'ZREVRANGE' or 'ZRANGE', KEYS[1], start, start + most - 1, 'WITHSCORES')
local found = {
  tonumber(call('GET', KEYS[2]) or 0), #page < 2 * most and 1 or 0, page[#page] or '', page[#page - 1] or '',
}
for i = 1, #page, 2 do
  local id, sort = page[i], page[i + 1]
  if filter or by ~= '' then
    local packed = call('HGET', ARGV[1] .. id, 'm')
    local row = packed and cmsgpack.unpack(packed)
    if not row or (filter and not matches(row[2])) then
      sort = nil
    elseif by ~= '' then
      sort = nil
      for k = 1, #row[1], 2 do
        if row[1][k] == by then
          sort = string.format('%.0f', row[1][k + 1])
        end
      end
    end
  end
  if sort then
    found[#found + 1] = sort
    found[#found + 1] = id
  end
end
return found
