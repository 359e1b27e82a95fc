using System.Text.Json;
using Conversations.Domain.Json;
using Conversations.Engine;
using StackExchange.Redis;

namespace Conversations.Grains.Redis;

/// <summary>A commit as <c>commit.lua</c> is given it.</summary>
internal sealed class CommitCall
{
    private const int FixedArguments = 12, ArgumentsOfId = 5;

    private readonly Keys _keys;
    private readonly RedisOptions _options;

    private readonly bool _inCluster;

    private CommitCall(Commit commit, Keys keys, RedisOptions options, bool inCluster)
    {
        (Commit, _keys, _options, _inCluster) = (commit, keys, options, inCluster);
        Of = keys.Of(EntityText.Of(commit.Entity));
    }

    public Commit Commit { get; }

    public EntityKeys Of { get; }

    /// <summary>The ids the commit answers to from now on. The first is the command's, the others are aliases.</summary>
    public List<CommitId> Ids { get; } = [];

    public RedisKey[] Keys
    {
        get
        {
            List<RedisKey> touched = new(5) { Of.Events, Of.Row, Of.Receipts };
            foreach (var id in Ids)
            {
                if (id.ClaimedWithCommit)
                {
                    touched.Add(ClaimKey(id));
                }
            }

            if (_inCluster)
            {
                touched.Add(_keys.Never(Of.Partition));
            }

            return [.. touched];
        }
    }

    public RedisValue[] Arguments
    {
        get
        {
            var arguments = new RedisValue[
                FixedArguments + (Ids.Count * ArgumentsOfId) + Commit.Events.Count + (Commit.Outbox.Count * 2) + (Commit.View is null ? 0 : 2)];
            WriteFixed(arguments);
            var next = FixedArguments;
            foreach (var id in Ids)
            {
                arguments[next++] = id.Text;
                arguments[next++] = ClaimOf(id);
                arguments[next++] = id.Epoch;
                arguments[next++] = id.ClaimedWithCommit ? 1 : 0;
                arguments[next++] = id.Receipt;
            }

            foreach (var e in Commit.Events)
            {
                arguments[next++] = StoredForm.Of(e);
            }

            foreach (var message in Commit.Outbox)
            {
                arguments[next++] = message.OrderKey;
                arguments[next++] = StoredForm.OfMessage(Commit.Entity.Account, message, Commit.At);
            }

            if (Commit.View is { } row)
            {
                arguments[next++] = RowIndex.Of(row);
                arguments[next] = JsonSerializer.SerializeToUtf8Bytes(row, DomainJson.Contract.ConversationRow);
            }

            return arguments;
        }
    }

    public static CommitCall For(Commit commit, Keys keys, RedisOptions options, bool inCluster)
    {
        CommitCall call = new(commit, keys, options, inCluster);
        call.Ids.Add(call.Id(commit.CommandId, StoredForm.OfReceipt(commit.BodyHash, commit.Answer)));
        foreach (var alias in commit.Aliases)
        {
            call.Ids.Add(call.Id(alias.CommandId, StoredForm.OfReceipt(null, alias.Answer)));
        }

        return call;
    }

    public RedisKey ClaimKey(CommitId id) => _keys.Claim(id.Partition, Of.Entity.Account, id.Text);

    public string ClaimOf(CommitId id) => new Claim(id.Epoch, Of.Entity.Local).ToString();

    private CommitId Id(string text, byte[] receipt)
    {
        var partition = _keys.PartitionOfId(Of.Entity.Account, text);
        return new(text, partition, receipt) { ClaimedWithCommit = !_inCluster || partition == Of.Partition };
    }

    private void WriteFixed(RedisValue[] arguments)
    {
        arguments[0] = Of.Prefix;
        arguments[1] = Of.Entity.Account;
        arguments[2] = Of.Entity.Local;
        arguments[3] = Commit.ExpectedSeq;
        arguments[4] = Commit.At.ToUnixTimeMilliseconds();
        arguments[5] = Commit.NextDue is { } due ? due.ToUnixTimeMilliseconds() : RedisValue.EmptyString;
        arguments[6] = (long)_options.FeedRetention.TotalMilliseconds;
        arguments[7] = _options.FeedEntries;
        arguments[8] = Ids.Count;
        arguments[9] = Commit.Events.Count;
        arguments[10] = Commit.Outbox.Count;
        arguments[11] = Commit.View is null ? 0 : 1;
    }
}

/// <param name="partition">Where it is claimed.</param>
internal sealed class CommitId(string text, int partition, byte[] receipt)
{
    public string Text => text;

    public int Partition => partition;

    public byte[] Receipt => receipt;

    /// <summary>The script can claim it itself: on one Redis always, in a cluster when it is claimed in the entity's own partition.</summary>
    public required bool ClaimedWithCommit { get; init; }

    public long Epoch { get; set; } = 1;
}
