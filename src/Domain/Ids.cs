using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using Conversations.Domain.Json;

namespace Conversations.Domain;

/// <summary>An identifier that is one string on the wire.</summary>
public interface IStringId<TSelf> where TSelf : struct, IStringId<TSelf>
{
    string Value { get; }
    static abstract TSelf Of(string value);
}

/// <summary>A tenant. Every key, query and topic belongs to exactly one account.</summary>
[JsonConverter(typeof(StringIdConverter<AccountId>))]
public readonly record struct AccountId(string Value) : IStringId<AccountId>
{
    /// <summary>The account of the first key (api.md 1); its admins may create keys for other accounts.</summary>
    public static readonly AccountId Default = new("default");

    public static AccountId Of(string value) => new(value);
    public override string ToString() => Value;
}

/// <summary>A human who answers customers. Chosen by the account, not by us.</summary>
[JsonConverter(typeof(StringIdConverter<AgentId>))]
public readonly record struct AgentId(string Value) : IStringId<AgentId>
{
    public static AgentId Of(string value) => new(value);
    public override string ToString() => Value;
}

/// <summary>A team's work list. Chosen by the account, not by us.</summary>
[JsonConverter(typeof(StringIdConverter<QueueId>))]
public readonly record struct QueueId(string Value) : IStringId<QueueId>
{
    public static QueueId Of(string value) => new(value);
    public override string ToString() => Value;
}

/// <summary>One message in one conversation: <c>{conversation}-{seq of the event that brought it}</c>.</summary>
[JsonConverter(typeof(StringIdConverter<MessageId>))]
public readonly record struct MessageId(string Value) : IStringId<MessageId>
{
    public static MessageId Of(string value) => new(value);
    public static MessageId Of(ConversationId conversation, long seq) => new($"{conversation.Value}-{seq}");
    public override string ToString() => Value;
}

/// <summary>
/// A conversation is one channel thread with one customer (conversation.md 1): the id is a stable hash of the address,
/// so an inbound message finds its conversation with no lookup and creating it is idempotent.
/// </summary>
[JsonConverter(typeof(StringIdConverter<ConversationId>))]
public readonly record struct ConversationId(string Value) : IStringId<ConversationId>
{
    public static ConversationId Of(string value) => new(value);

    /// <summary><c>c</c> + the first 128 bits of SHA-256 over the length-prefixed parts, in lower-case hex.</summary>
    public static ConversationId Of(AccountId account, Address address) =>
        new("c" + StableHash.Hex(account.Value, address.Channel, address.ChannelAccount, address.Thread));

    public override string ToString() => Value;
}

/// <summary>Where a conversation lives: the channel, our own account there, and the channel's thread key (channels.md).</summary>
public sealed record Address(string Channel, string ChannelAccount, string Thread);

/// <summary>A hash that is the same in every process and version. Parts are length-prefixed, so ("a","bc") ≠ ("ab","c").</summary>
public static class StableHash
{
    /// <returns>32 lower-case hex digits (128 bits).</returns>
    public static string Hex(params ReadOnlySpan<string> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (var part in parts)
        {
            var bytes = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
    }
}
