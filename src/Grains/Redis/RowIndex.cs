using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Conversations.Domain;
using Conversations.Engine;
using NodaTime;

namespace Conversations.Grains.Redis;

/// <summary>
/// In which lists of its partition a row is, and what a filter may ask of it: one small MessagePack value beside the row, which
/// scripts can read. Which lists there are is decided here and in <see cref="ListPlan"/>, nowhere else.
/// </summary>
/// <remarks>
/// Every commit pays for each list whose value it moves (about 1 µs each), so there is one per order, and one per filter that
/// would otherwise walk an account for a handful of rows: what is open, a queue's open ones in each order people work by, an
/// agent's, a customer's. Everything else is filtered while walking one of these.
/// </remarks>
internal static class RowIndex
{
    public const string Activity = "a", Created = "c", Due = "d", Waiting = "w", Open = "o";

    public static string OpenInQueue(QueueId queue) => $"q/{queue}";

    public static string DueInQueue(QueueId queue) => $"qd/{queue}";

    public static string WaitingInQueue(QueueId queue) => $"qw/{queue}";

    public static string Assigned(AgentId agent) => $"g/{agent}";

    /// <summary>What an agent works on, a sliver of all that ever was assigned: open, or still with a promise or an unanswered message.</summary>
    public static string AssignedLive(AgentId agent) => $"gl/{agent}";

    public static string OfCustomer(string customer) => $"u/{customer}";

    public static bool IsOpen(ConversationStatus status) => status is not (ConversationStatus.Closed or ConversationStatus.Spam);

    public static byte[] Of(ConversationRow row)
    {
        List<(string List, Instant Value)> lists =
        [
            (Activity, row.LastActivityAt),
            (Created, row.CreatedAt),
            (OfCustomer(row.Customer.Id), row.CreatedAt),
        ];
        var open = IsOpen(row.Status);
        Add(row.NextDue, Due);
        Add(row.WaitingSince, Waiting);
        if (open)
        {
            lists.Add((Open, row.LastActivityAt));
        }

        if (row.Queue is { } queue)
        {
            Add(open ? row.LastActivityAt : null, OpenInQueue(queue));
            Add(row.NextDue, DueInQueue(queue));
            Add(row.WaitingSince, WaitingInQueue(queue));
        }

        if (row.Assignee is { } agent)
        {
            lists.Add((Assigned(agent), row.LastActivityAt));
            Add(open || row.NextDue is not null || row.WaitingSince is not null ? row.LastActivityAt : null, AssignedLive(agent));
        }

        var pack = new MessagePack();
        pack.Array(2).Array(lists.Count * 2);
        foreach (var (list, value) in lists)
        {
            pack.Text(list).Number(value.ToUnixTimeMilliseconds());
        }

        // In the order of the constants in list.lua.
        pack.Array(8).Text(Names<ConversationStatus>.Of(row.Status)).Text(row.Queue?.Value).Text(row.Assignee?.Value).Text(row.Address.Channel)
            .Text(Names<Priority>.Of(row.Priority)).Text(Names<SlaState>.Of(row.SlaState)).Text(row.Customer.Id).Array(row.Labels.Count);
        foreach (var label in row.Labels)
        {
            pack.Text(label);
        }

        return pack.ToArray();

        void Add(Instant? value, string list)
        {
            if (value is { } at)
            {
                lists.Add((list, at));
            }
        }
    }
}

/// <summary>As much of MessagePack (https://msgpack.org) as the scripts are handed; Redis unpacks it in C.</summary>
internal sealed class MessagePack
{
    private readonly ArrayBufferWriter<byte> _bytes = new(512);

    public MessagePack Array(int count) => Head(count, few: 0x90, most: 15, of16: 0xDC, of32: 0xDD);

    public MessagePack Map(int count) => Head(count, few: 0x80, most: 15, of16: 0xDE, of32: 0xDF);

    public MessagePack Text(string? text)
    {
        if (text is null)
        {
            Byte(0xC0);
            return this;
        }

        Head(Encoding.UTF8.GetByteCount(text), few: 0xA0, most: 31, of16: 0xDA, of32: 0xDB);
        Encoding.UTF8.GetBytes(text, _bytes);
        return this;
    }

    public MessagePack Number(long number)
    {
        Span<byte> bytes = stackalloc byte[9];
        bytes[0] = 0xD3;
        BinaryPrimitives.WriteInt64BigEndian(bytes[1..], number);
        _bytes.Write(bytes);
        return this;
    }

    public MessagePack True()
    {
        Byte(0xC3);
        return this;
    }

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    private void Byte(byte value)
    {
        _bytes.GetSpan(1)[0] = value;
        _bytes.Advance(1);
    }

    private MessagePack Head(int count, byte few, int most, byte of16, byte of32)
    {
        Span<byte> bytes = stackalloc byte[5];
        if (count <= most)
        {
            Byte((byte)(few | count));
        }
        else if (count <= ushort.MaxValue)
        {
            bytes[0] = of16;
            BinaryPrimitives.WriteUInt16BigEndian(bytes[1..], (ushort)count);
            _bytes.Write(bytes[..3]);
        }
        else
        {
            bytes[0] = of32;
            BinaryPrimitives.WriteInt32BigEndian(bytes[1..], count);
            _bytes.Write(bytes);
        }

        return this;
    }
}
