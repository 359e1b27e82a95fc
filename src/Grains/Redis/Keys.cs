using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Conversations.Domain;
using Conversations.Engine;
using StackExchange.Redis;

namespace Conversations.Grains.Redis;

/// <summary>
/// Where everything lies. All keys of a partition share a hash tag, so Redis Cluster keeps them on one node, where one script
/// can write them. Names and hash are part of the stored format: tests hold them fixed.
/// </summary>
internal sealed class Keys
{
    private readonly string[] _prefixes;

    public Keys(string prefix, int partitions)
    {
        Journal = JournalOf(prefix);
        News = $"{prefix}:news";
        Signals = $"{prefix}:signals";
        _prefixes = [.. Enumerable.Range(0, partitions).Select(p => string.Create(CultureInfo.InvariantCulture, $"{{{prefix}:{p}}}:"))];
    }

    public int Partitions => _prefixes.Length;

    /// <summary>What the journal is: schema, number of partitions.</summary>
    public string Journal { get; }

    /// <summary>The channel on which processes tell each other what has advanced.</summary>
    public string News { get; }

    /// <summary>The channel of what lasts seconds.</summary>
    public string Signals { get; }

    public static string JournalOf(string prefix) => $"{prefix}:journal";

    /// <summary>What all keys of a partition begin with.</summary>
    public string Prefix(int partition) => _prefixes[partition];

    public string Head(int partition) => _prefixes[partition] + "head";

    public string Epoch(int partition) => _prefixes[partition] + "epoch";

    public string Feed(int partition, AccountId? account) => account is { } one ? $"{_prefixes[partition]}feed:{EntityText.Escape(one.Value)}" : _prefixes[partition] + "feed";

    public string Deadlines(int partition) => _prefixes[partition] + "due";

    /// <summary>
    /// Never there. In a cluster it is given to scripts whose other keys are found only inside them: while the slot moves to
    /// another node, Redis refuses a call with a missing key before it begins, rather than in the middle.
    /// </summary>
    public string Never(int partition) => _prefixes[partition] + "never";

    public string Outbox(int partition) => _prefixes[partition] + "outbox";

    public string Lease(int partition) => _prefixes[partition] + "lease";

    public string DeadLetters(int partition, AccountId account) => $"{_prefixes[partition]}dead:{EntityText.Escape(account.Value)}";

    public string List(int partition, AccountId account, string list) => $"{_prefixes[partition]}list:{EntityText.Escape(account.Value)}/{list}";

    /// <summary>What the keys of an account's conversations' rows begin with.</summary>
    public string Rows(int partition, AccountId account) => $"{_prefixes[partition]}entity:{EntityText.Escape(account.Value)}/{ConversationType.Name}/";

    /// <summary>How far a projection has come.</summary>
    public string Checkpoint(int partition, string projection) => $"{_prefixes[partition]}projection:{projection}";

    /// <summary>Of which sections and accounts a projection keeps something, each as <see cref="Section"/>.</summary>
    public string Sections(int partition, string projection) => $"{_prefixes[partition]}sections:{projection}";

    /// <summary>The keys in their order, and the rows by key, of one section and account.</summary>
    public RedisKey[] Projected(int partition, string projection, string section) =>
        [$"{_prefixes[partition]}order:{projection}/{section}", $"{_prefixes[partition]}rows:{projection}/{section}"];

    public static string Section(string section, AccountId account) => $"{section}/{EntityText.Escape(account.Value)}";

    public int PartitionOf(EntityText entity) => PartitionOf(entity.Text);

    /// <summary>The partition in which a command id is claimed: the id's own, whichever entity it is aimed at.</summary>
    public int PartitionOfId(string account, string id) => PartitionOf($"{account}/{id}");

    public string Claim(int partition, string account, string id) => $"{_prefixes[partition]}claim:{account}/{id}";

    public EntityKeys Of(EntityText entity)
    {
        var partition = PartitionOf(entity);
        return new(partition, _prefixes[partition], entity);
    }

    private int PartitionOf(string text)
    {
        Span<byte> bytes = stackalloc byte[512];
        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        var utf8 = most <= bytes.Length ? bytes : new byte[most];
        return (int)(XxHash3.HashToUInt64(utf8[..Encoding.UTF8.GetBytes(text, utf8)]) % (ulong)_prefixes.Length);
    }
}

/// <summary>The keys of one entity.</summary>
internal readonly record struct EntityKeys(int Partition, string Prefix, EntityText Entity)
{
    public string Events => $"{Prefix}events:{Entity.Text}";

    /// <summary>The list row, and in which lists it is.</summary>
    public string Row => $"{Prefix}entity:{Entity.Text}";

    public string Receipts => $"{Prefix}receipts:{Entity.Text}";

    public string Snapshot => $"{Prefix}snapshot:{Entity.Text}";
}

/// <summary>An entity as one text, <c>account/kind/id</c>. Account and kind are escaped, so that the first two slashes are those between the parts.</summary>
internal readonly record struct EntityText(string Account, string Local)
{
    public string Text => $"{Account}/{Local}";

    public static EntityText Of(EntityKey key) => new(Escape(key.Account.Value), $"{Escape(key.Kind)}/{key.Id}");

    public static EntityKey Parse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return ParseLocal(AccountId.Of(Uri.UnescapeDataString(text[..slash])), text[(slash + 1)..]);
    }

    /// <param name="local"><c>kind/id</c>.</param>
    public static EntityKey ParseLocal(AccountId account, string local)
    {
        var slash = local.IndexOf('/', StringComparison.Ordinal);
        return new(account, Uri.UnescapeDataString(local[..slash]), local[(slash + 1)..]);
    }

    public static string Escape(string part) =>
        part.AsSpan().IndexOfAny('/', '%') < 0 ? part : part.Replace("%", "%25", StringComparison.Ordinal).Replace("/", "%2F", StringComparison.Ordinal);
}
