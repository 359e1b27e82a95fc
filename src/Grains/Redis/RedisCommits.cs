using System.Text.Json;
using Conversations.Domain.Json;
using Conversations.Engine;
using StackExchange.Redis;

namespace Conversations.Grains.Redis;

/// <summary>
/// The commit (DESIGN.md 5): one call of <c>commit.lua</c>. On a Redis that is no cluster the script claims the command id as
/// well, although that lies in another partition; in a cluster, where a script sees one partition only, the claim goes first.
/// </summary>
internal sealed class RedisCommits(RedisLink link, Keys keys, Claims claims, News news, ReplicaBarrier? replicas, RedisOptions options)
{
    // As in commit.lua.
    private const int Replayed = 1, Conflict = 2, Contested = 3, Fenced = 4;
    private const int FixedArguments = 12, ArgumentsOfId = 5;

    /// <summary>A commit starts again when an id turns out to be claimed or fenced by others; more often than this is a fault.</summary>
    private const int Tries = 8;

    private readonly RedisValue _keepMilliseconds = (long)options.FeedRetention.TotalMilliseconds;
    private readonly RedisValue _keepEntries = options.FeedEntries;
    private int _underWay;

    public async ValueTask<CommitOutcome> Commit(Commit commit, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        commit.CheckSeqs();
        if (Interlocked.Increment(ref _underWay) > options.MaxInFlight)
        {
            Interlocked.Decrement(ref _underWay);
            throw new StoreOverloadedException($"{options.MaxInFlight} commits are already on their way to Redis. Nothing was written; try again later.");
        }

        try
        {
            return await Apply(commit);
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }

    private async Task<CommitOutcome> Apply(Commit commit)
    {
        var entity = EntityText.Of(commit.Entity);
        var of = keys.Of(entity);
        List<Id> ids = [new(commit.CommandId, keys.PartitionOfId(entity.Account, commit.CommandId), StoredForm.OfReceipt(commit.BodyHash, commit.Answer))];
        foreach (var alias in commit.Aliases)
        {
            ids.RemoveAll(i => i.Text == alias.CommandId && i != ids[0]); // the last word counts, as if they were written one after the other
            ids.Add(new(alias.CommandId, keys.PartitionOfId(entity.Account, alias.CommandId), StoredForm.OfReceipt(null, alias.Answer)));
        }

        if (link.IsCluster && await ClaimAll(ids, of, commit) is { } applied)
        {
            return applied;
        }

        for (var tries = 0; tries < Tries; tries++)
        {
            var answer = await Call(commit, of, ids);
            if (answer.Resp2Type == ResultType.Integer)
            {
                await Acknowledge(commit, of, ids, (long)answer);
                return CommitOutcome.Committed.Instance;
            }

            var refused = (RedisResult[])answer!;
            switch ((int)refused[0])
            {
                case Replayed:
                    return Same(StoredForm.ReceiptOf(commit.Entity, (byte[]?)refused[1])!, commit);
                case Conflict:
                    return new CommitOutcome.Conflict((long)refused[1]);
                case Contested:
                    // Counted from the end, because the loser of an alias leaves the list.
                    foreach (var id in refused[1..].Select(i => ids[(int)i - 1]).ToArray())
                    {
                        if (await Claim(id, above: 0, ids, of, commit) is { } others)
                        {
                            return others;
                        }
                    }

                    break;
                case Fenced:
                    if (await Claim(ids[(int)refused[1] - 1], above: (long)refused[2], ids, of, commit) is { } taken)
                    {
                        return taken;
                    }

                    break;
                default:
                    throw new InvalidOperationException($"commit.lua answered {refused[0]}.");
            }
        }

        throw new TimeoutException($"The ids of {commit.CommandId} are claimed by others again and again.");
    }

    /// <summary>The first claims, all at once: in nearly every case nobody else wants the ids.</summary>
    private async ValueTask<CommitOutcome?> ClaimAll(List<Id> ids, EntityKeys of, Commit commit)
    {
        // Those of this partition are claimed with the commit.
        var elsewhere = ids.Where(i => i.Partition != of.Partition).ToArray();
        var answers = await Task.WhenAll(elsewhere.Select(i =>
            link.Write(Script.Claim, [keys.Claim(i.Partition, of.Entity.Account, i.Text)], ["", i.Claim(of.Entity).ToString()])));
        for (var i = 0; i < elsewhere.Length; i++)
        {
            if (answers[i].IsNull)
            {
                continue;
            }

            var held = Redis.Claim.Parse((string)answers[i]!);
            if (held.Entity == of.Entity.Local)
            {
                elsewhere[i].Epoch = held.Epoch;
            }
            else if (await Claim(elsewhere[i], above: 0, ids, of, commit) is { } others)
            {
                return others;
            }
        }

        return null;
    }

    /// <returns>Null when the commit can go on: the id is this entity's, or was an alias that stays with whom it belongs to.</returns>
    private async ValueTask<CommitOutcome?> Claim(Id id, long above, List<Id> ids, EntityKeys of, Commit commit)
    {
        switch (await claims.Take(of.Entity, id.Text, above))
        {
            case Claimed.Own own:
                id.Epoch = own.Claim.Epoch;
                return null;
            case Claimed.Others when id != ids[0]:
                ids.Remove(id);
                return null;
            case Claimed.Others others:
                return Same(others.Receipt, commit);
            default:
                throw new InvalidOperationException("A claim is own or others'.");
        }
    }

    private Task<RedisResult> Call(Commit commit, EntityKeys of, List<Id> ids)
    {
        List<RedisKey> touched = [of.Events, of.Row, of.Receipts];
        var arguments = new RedisValue[
            FixedArguments + (ids.Count * ArgumentsOfId) + commit.Events.Count + (commit.Outbox.Count * 2) + (commit.View is null ? 0 : 2)];
        arguments[0] = of.Prefix;
        arguments[1] = of.Entity.Account;
        arguments[2] = of.Entity.Local;
        arguments[3] = commit.ExpectedSeq;
        arguments[4] = commit.At.ToUnixTimeMilliseconds();
        arguments[5] = commit.NextDue is { } due ? due.ToUnixTimeMilliseconds() : RedisValue.EmptyString;
        arguments[6] = _keepMilliseconds;
        arguments[7] = _keepEntries;
        arguments[8] = ids.Count;
        arguments[9] = commit.Events.Count;
        arguments[10] = commit.Outbox.Count;
        arguments[11] = commit.View is null ? 0 : 1;
        var next = FixedArguments;
        foreach (var id in ids)
        {
            var inline = !link.IsCluster || id.Partition == of.Partition;
            if (inline)
            {
                touched.Add(keys.Claim(id.Partition, of.Entity.Account, id.Text));
            }

            arguments[next++] = id.Text;
            arguments[next++] = id.Claim(of.Entity).ToString();
            arguments[next++] = id.Epoch;
            arguments[next++] = inline ? 1 : 0;
            arguments[next++] = id.Receipt;
        }

        foreach (var e in commit.Events)
        {
            arguments[next++] = StoredForm.Of(e);
        }

        foreach (var message in commit.Outbox)
        {
            arguments[next++] = message.OrderKey;
            arguments[next++] = StoredForm.OfMessage(commit.Entity.Account, message, commit.At);
        }

        if (commit.View is { } row)
        {
            arguments[next++] = RowIndex.Of(row);
            arguments[next] = JsonSerializer.SerializeToUtf8Bytes(row, DomainJson.Contract.ConversationRow);
        }

        return link.Write(Script.Commit, [.. touched], arguments);
    }

    private async ValueTask Acknowledge(Commit commit, EntityKeys of, List<Id> ids, long head)
    {
        news.Committed(of.Partition, head, advanced: commit.Events.Count > 0, changed: commit.NextDue is not null || commit.Outbox.Count > 0);
        if (replicas is not null)
        {
            await Task.WhenAll(ids.Select(i => link.IsCluster ? i.Partition : of.Partition).Append(of.Partition).Distinct().Select(replicas.Pass));
        }
    }

    /// <summary>The same id for the same body; a body unknown on either side compares equal.</summary>
    private static CommitOutcome Same(StoredReceipt receipt, Commit commit) =>
        receipt.BodyHash is null || commit.BodyHash is null || receipt.BodyHash.AsSpan().SequenceEqual(commit.BodyHash)
            ? new CommitOutcome.Replayed(receipt)
            : CommitOutcome.KeyReused.Instance;

    /// <summary>An id this commit answers to from now on. The first is the command's, the others are aliases.</summary>
    private sealed class Id(string text, int partition, byte[] receipt)
    {
        public string Text => text;

        /// <summary>Where it is claimed.</summary>
        public int Partition => partition;

        public byte[] Receipt => receipt;

        public long Epoch { get; set; } = 1;

        public Claim Claim(EntityText entity) => new(Epoch, entity.Local);
    }
}
