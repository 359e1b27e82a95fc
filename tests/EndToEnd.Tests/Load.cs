using Xunit;

namespace Conversations.EndToEnd.Tests;

/// <summary>Concurrent writers that keep asking until everything they began is answered, whatever happens to the gateway.</summary>
/// <param name="pause">What each writer waits after each step. None: as fast as it is answered.</param>
internal sealed class Load(Line line, int writers, int seed, TimeSpan pause = default)
{
    private volatile bool _finishing;
    private Task _running = Task.CompletedTask;

    /// <summary>Channel accounts and the seconds their first response is promised in; null: the default hour.</summary>
    public static readonly IReadOnlyDictionary<string, int?> Accounts = new Dictionary<string, int?>
    {
        ["calm"] = null,
        ["hasty-1"] = 1,
        ["hasty-2"] = 2,
        ["hasty-4"] = 4,
    };

    /// <summary>Where all writers meet.</summary>
    public static readonly IReadOnlyList<Place> Busy =
        [.. Enumerable.Range(0, 50).Select(i => new Place(i % 2 == 0 ? "calm" : "hasty-2", $"busy-{i}"))];

    public Ledger Ledger { get; } = new();

    public static async Task RegisterChannels(Line line, CancellationToken cancellation)
    {
        foreach (var (account, seconds) in Accounts)
        {
            object body = seconds is null ? new { } : new { sla = new { firstResponse = seconds, nextResponse = seconds, warnAt = 0.5 } };
            var answer = await line.Ask(Requests.Request(HttpMethod.Put, $"/v1/channels/{Place.Channel}/{account}", body), cancellation);
            Assert.True(answer.Accepted, answer.ToString());
        }
    }

    public void Begin(CancellationToken cancellation) =>
        _running = Task.WhenAll(Enumerable.Range(1, writers).Select(async id =>
        {
            await Task.Yield();
            try
            {
                var writer = new Writer(Ledger, line, id, new Random((seed * 1_000) + id), cancellation);
                while (!_finishing)
                {
                    await writer.Step();
                    await Task.Delay(pause, TimeProvider.System, cancellation);
                }
            }
            catch (Exception failure)
            {
                Ledger.Fail(failure);
                throw;
            }
        }));

    /// <summary>Begins nothing new; ends when everything that was begun has been answered.</summary>
    public Task Finish(CancellationToken cancellation)
    {
        _finishing = true;
        return _running.WaitAsync(cancellation);
    }
}

/// <summary>One writer: asks one thing after the other, and sometimes the same thing again.</summary>
internal sealed class Writer(Ledger ledger, Line line, int id, Random random, CancellationToken cancellation)
{
    private readonly List<Write> _done = [];
    private readonly Dictionary<string, string> _label = [];
    private int _number;

    public async Task Step()
    {
        // Some are far busier than others: long enough histories for snapshots.
        var place = Load.Busy[Math.Min(random.Next(Load.Busy.Count), Math.Min(random.Next(Load.Busy.Count), random.Next(Load.Busy.Count)))];
        var acknowledged = random.Next(100) switch
        {
            < 36 => await Send(Inbound(place)),
            < 42 => await SendTwiceAtOnce(Inbound(place)),
            < 54 => await Send(Inbound(new(random.Next(3) switch { 0 => "hasty-1", 1 => "hasty-2", _ => "hasty-4" }, $"new-{id}-{_number}"))) is { } opened && random.Next(3) == 0
                ? await Send(Reply(opened.Conversation))
                : null,
            < 70 => await Send(Reply(place.Conversation)),
            < 78 => await Send(Note(place.Conversation)),
            < 84 => await SendOnSeen(place.Conversation, (marker, seen) => Command(WriteKind.Assign, place.Conversation, marker, "assign", new { agent = marker, @override = true }, seen)),
            < 88 => await SendOnSeen(place.Conversation, (marker, seen) => Command(WriteKind.Close, place.Conversation, marker, "close", new { disposition = marker }, seen)),
            < 92 => await Send(Labels(place.Conversation)),
            _ => await Send(ToBeRefused(place)),
        };

        if (acknowledged is not null)
        {
            _done.Add(acknowledged);
        }

        if (_done.Count > 0 && random.Next(8) == 0)
        {
            // Not only the last one: also what was answered by a process that is long dead.
            var again = _done[random.Next(2) == 0 ? _done.Count - 1 : random.Next(_done.Count)];
            ledger.AnsweredAgain(again, await line.Ask(again.Make, cancellation));
        }
    }

    private string NextMarker(string of = "w") => $"{of}{id}-{++_number}";

    /// <returns>The write if it was acknowledged.</returns>
    private async Task<Write?> Send(Write write)
    {
        ledger.Asked(write);
        var answer = await line.Ask(write.Make, cancellation);
        ledger.Answered(write, answer);
        return answer.Accepted ? write : null;
    }

    /// <summary>As platforms do that are unsure of us. Only one of the two may say it was the first.</summary>
    private async Task<Write?> SendTwiceAtOnce(Write write)
    {
        ledger.Asked(write);
        var one = line.Ask(write.Make, cancellation);
        var other = line.Ask(write.Make, cancellation);
        var (first, second) = (await one, await other);
        ledger.Answered(write, first);
        ledger.AnsweredAgain(write, second, mustBeReplayed: !first.Replayed);
        return first.Accepted ? write : null;
    }

    private async Task<Write?> SendOnSeen(string conversation, Func<string, long, Write> make) =>
        await line.Get($"/v1/conversations/{conversation}", cancellation) is { Accepted: true } seen
        && seen.Body.GetProperty("status").GetString() != "closed" // to close it again would be acknowledged and leave nothing
            ? await Send(make(NextMarker(), seen.Seq))
            : null;

    private Write Inbound(Place place)
    {
        var marker = NextMarker();
        return new(id, _number, WriteKind.Inbound, place.Conversation, marker, Requests.Post("/v1/inbound", InboundBody(place, marker)));
    }

    private Write Reply(string conversation)
    {
        var marker = NextMarker();
        return new(id, _number, WriteKind.Reply, conversation, marker, Requests.Post($"/v1/conversations/{conversation}/messages", new { kind = "reply", text = marker }, marker));
    }

    private Write Note(string conversation)
    {
        var marker = NextMarker();
        return new(id, _number, WriteKind.Note, conversation, marker, Requests.Post($"/v1/conversations/{conversation}/messages", new { kind = "note", text = marker }, marker));
    }

    /// <summary>A new label in place of this writer's last one here: conversations take 50.</summary>
    private Write Labels(string conversation)
    {
        var marker = NextMarker();
        string[] remove = _label.TryGetValue(conversation, out var last) ? [last] : [];
        _label[conversation] = marker;
        return Command(WriteKind.Labels, conversation, marker, "labels", new { add = new[] { marker }, remove }, null);
    }

    private Write Command(WriteKind kind, string conversation, string marker, string name, object body, long? seen) =>
        new(id, _number, kind, conversation, marker, Requests.Post($"/v1/conversations/{conversation}/{name}", body, marker, seen), seen);

    /// <summary>Wrong in one of the ways there are; what it brings must be found nowhere.</summary>
    private Write ToBeRefused(Place place)
    {
        var marker = NextMarker("refused");
        var path = $"/v1/conversations/{place.Conversation}";
        var used = _done.FindLast(w => w.Kind is WriteKind.Reply or WriteKind.Note);
        var make = random.Next(8) switch
        {
            0 => Requests.Post("/v1/inbound", InboundBody(new("nobody", place.Thread), marker)),
            1 => Requests.Post($"{path}/assign", new { agent = marker }, marker),
            2 => Requests.Post($"{path}/assign", new { agent = marker }, marker, ifMatch: 999_999_999),
            3 => Requests.Post($"{path}/messages", new { kind = "reply", text = marker, basedOnSeq = 0 }, marker),
            4 => Requests.Post("/v1/inbound", new { channel = Place.Channel, channelAccount = place.Account, thread = place.Thread, externalId = marker, author = new { id = "u" }, text = marker, colour = "red" }),
            5 => Requests.Post("/v1/inbound", new { channel = Place.Channel, channelAccount = place.Account, thread = place.Thread, externalId = marker, author = new { id = "u" } }),
            6 when used is not null => Requests.Post($"/v1/conversations/{used.Conversation}/messages", new { kind = "reply", text = marker }, used.Marker),
            _ => Requests.Post("/v1/conversations/cnone/messages", new { kind = "note", text = marker }, marker),
        };
        return new(id, _number, WriteKind.ToBeRefused, place.Conversation, marker, make);
    }

    private static object InboundBody(Place place, string marker) => new
    {
        channel = Place.Channel,
        channelAccount = place.Account,
        thread = place.Thread,
        externalId = marker,
        author = new { id = $"customer-of-{place.Thread}" },
        text = marker,
    };
}
