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

    /// <summary>A commit starts again when an id turns out to be claimed or fenced by others; more often than this is a fault.</summary>
    private const int Tries = 8;

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
        var call = CommitCall.For(commit, keys, options, link.IsCluster);
        if (link.IsCluster && await ClaimAll(call) is { } applied)
        {
            return applied;
        }

        for (var tries = 0; tries < Tries; tries++)
        {
            var answer = await link.Write(Script.Commit, call.Keys, call.Arguments);
            if (answer.Resp2Type == ResultType.Integer)
            {
                await Acknowledge(call, (long)answer);
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
                    // Named before any is dropped: an alias that stays with others leaves the list.
                    foreach (var id in refused[1..].Select(i => call.Ids[(int)i - 1]).ToArray())
                    {
                        if (await Claim(call, id, above: 0) is { } others)
                        {
                            return others;
                        }
                    }

                    break;
                case Fenced:
                    if (await Claim(call, call.Ids[(int)refused[1] - 1], above: (long)refused[2]) is { } taken)
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
    private async ValueTask<CommitOutcome?> ClaimAll(CommitCall call)
    {
        var elsewhere = call.Ids.Where(i => !i.ClaimedWithCommit).ToArray();
        var answers = await Task.WhenAll(elsewhere.Select(i => link.Write(Script.Claim, [call.ClaimKey(i)], ["", call.ClaimOf(i)])));
        for (var i = 0; i < elsewhere.Length; i++)
        {
            if (answers[i].IsNull)
            {
                continue;
            }

            var held = Redis.Claim.Parse((string)answers[i]!);
            if (held.Entity == call.Of.Entity.Local)
            {
                elsewhere[i].Epoch = held.Epoch;
            }
            else if (await Claim(call, elsewhere[i], above: 0) is { } others)
            {
                return others;
            }
        }

        return null;
    }

    /// <returns>Null when the commit can go on: the id is this entity's, or was an alias that stays with whom it belongs to.</returns>
    private async ValueTask<CommitOutcome?> Claim(CommitCall call, CommitId id, long above)
    {
        switch (await claims.Take(call.Of.Entity, id.Text, above))
        {
            case Claimed.Own own:
                id.Epoch = own.Claim.Epoch;
                return null;
            case Claimed.Others when id != call.Ids[0]:
                call.Ids.Remove(id);
                return null;
            case Claimed.Others others:
                return Same(others.Receipt, call.Commit);
            default:
                throw new InvalidOperationException("A claim is own or others'.");
        }
    }

    private async ValueTask Acknowledge(CommitCall call, long head)
    {
        var commit = call.Commit;
        news.Committed(call.Of.Partition, head, advanced: commit.Events.Count > 0, changed: commit.NextDue is not null || commit.Outbox.Count > 0);
        if (replicas is not null)
        {
            await Task.WhenAll(call.Ids.Select(i => i.Partition).Append(call.Of.Partition).Distinct().Select(replicas.Pass));
        }
    }

    /// <summary>The same id for the same body; a body unknown on either side compares equal.</summary>
    private static CommitOutcome Same(StoredReceipt receipt, Commit commit) =>
        receipt.BodyHash is null || commit.BodyHash is null || receipt.BodyHash.AsSpan().SequenceEqual(commit.BodyHash)
            ? new CommitOutcome.Replayed(receipt)
            : CommitOutcome.KeyReused.Instance;
}
