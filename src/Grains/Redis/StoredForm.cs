using System.Buffers.Binary;
using System.Text;
using Conversations.Domain;
using Conversations.Engine;
using NodaTime;

namespace Conversations.Grains.Redis;

/// <summary>Events, receipts and messages as bytes: short texts, each with its length before it, and the JSON at the end as it is.</summary>
internal static class StoredForm
{
    private const byte Version = 1, Receipt = (byte)'R', NoHash = 255;

    /// <summary>The seq is not in it: an event's place in its list says it.</summary>
    public static byte[] Of(StoredEvent e)
    {
        var actor = ActorText.Of(e.Actor);
        var bytes = new byte[1 + 8 + Size(e.Type) + Size(actor) + Size(e.Cause) + Size(e.Topics) + e.Data.Length];
        bytes[0] = Version;
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(1), e.At.ToUnixTimeMilliseconds());
        var rest = Write(Write(Write(Write(bytes.AsSpan(9), e.Type), actor), e.Cause), e.Topics);
        e.Data.Span.CopyTo(rest);
        return bytes;
    }

    public static StoredEvent Event(long seq, byte[] bytes)
    {
        CheckVersion(bytes, "event");
        var at = Instant.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(1)));
        var place = 9;
        var (type, actor, cause, topics) = (Read(bytes, ref place), Read(bytes, ref place), Read(bytes, ref place), Read(bytes, ref place));
        return new(seq, type!, at, ActorText.Parse(actor!), cause!, bytes.AsMemory(place), topics);
    }

    public static byte[] OfReceipt(byte[]? hash, ReadOnlyMemory<byte> answer)
    {
        var bytes = new byte[2 + (hash?.Length ?? 0) + answer.Length];
        bytes[0] = Receipt;
        bytes[1] = hash is null ? NoHash : checked((byte)hash.Length);
        hash?.CopyTo(bytes, 2);
        answer.Span.CopyTo(bytes.AsSpan(2 + (hash?.Length ?? 0)));
        return bytes;
    }

    /// <returns>Null when it is the mark of a fenced claim: nothing was applied under it.</returns>
    public static StoredReceipt? ReceiptOf(EntityKey entity, byte[]? bytes)
    {
        if (bytes is not [Receipt, ..])
        {
            return null;
        }

        var length = bytes[1] == NoHash ? 0 : bytes[1];
        return new(entity, bytes[1] == NoHash ? null : bytes[2..(2 + length)], bytes.AsMemory(2 + length));
    }

    /// <summary>What does not change of an outbox message while it lies there.</summary>
    public static byte[] OfMessage(AccountId account, OutboxMessage message, Instant enqueuedAt)
    {
        var bytes = new byte[1 + 8 + Size(account.Value) + Size(message.Id) + Size(message.Target) + Size(message.OrderKey) + Encoding.UTF8.GetByteCount(message.Body)];
        bytes[0] = Version;
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(1), enqueuedAt.ToUnixTimeMilliseconds());
        var rest = Write(Write(Write(Write(bytes.AsSpan(9), account.Value), message.Id), message.Target), message.OrderKey);
        Encoding.UTF8.GetBytes(message.Body, rest);
        return bytes;
    }

    public static (AccountId Account, OutboxMessage Message, Instant EnqueuedAt) Message(byte[] bytes)
    {
        CheckVersion(bytes, "outbox message");
        var at = Instant.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(1)));
        var place = 9;
        var (account, id, target, orderKey) = (Read(bytes, ref place), Read(bytes, ref place), Read(bytes, ref place), Read(bytes, ref place));
        return (AccountId.Of(account!), new(id!, target!, orderKey!, Encoding.UTF8.GetString(bytes.AsSpan(place))), at);
    }

    private static void CheckVersion(byte[] bytes, string what)
    {
        if (bytes is not [Version, ..])
        {
            throw new InvalidDataException($"A stored {what} is in a form this version does not know. Run the version that wrote it, or a newer one.");
        }
    }

    /// <summary>Length (plus one; 0 is null) as a base-128 number, then the text.</summary>
    private static int Size(string? text)
    {
        var length = text is null ? 0 : Encoding.UTF8.GetByteCount(text) + 1;
        var size = text is null ? 1 : length;
        for (var rest = length >> 7; rest > 0; rest >>= 7)
        {
            size++;
        }

        return size;
    }

    private static Span<byte> Write(Span<byte> to, string? text)
    {
        var length = text is null ? 0 : Encoding.UTF8.GetByteCount(text) + 1;
        var place = 0;
        for (; length >= 0x80; length >>= 7)
        {
            to[place++] = (byte)(length | 0x80);
        }

        to[place++] = (byte)length;
        return to[(place + (text is null ? 0 : Encoding.UTF8.GetBytes(text, to[place..])))..];
    }

    private static string? Read(byte[] from, ref int place)
    {
        var length = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = from[place++];
            length |= (next & 0x7F) << shift;
            if (next < 0x80)
            {
                break;
            }
        }

        if (length == 0)
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(from, place, length - 1);
        place += length - 1;
        return text;
    }
}
