using Xunit;

namespace Conversations.EndToEnd.Tests;

/// <summary>What a history can be wrong in.</summary>
internal enum Fault
{
    /// <summary>Acknowledged and not there.</summary>
    Lost,

    /// <summary>There more than once.</summary>
    Duplicated,

    /// <summary>seq or messageIndex is not contiguous from 1, or the list row does not fit the history.</summary>
    Gap,

    /// <summary>One writer's messages in another order than they were acknowledged in.</summary>
    Reordered,

    /// <summary>There, but not as it was answered.</summary>
    Different,

    /// <summary>There, though it was refused or never asked for.</summary>
    Invented,

    /// <summary>The feed and the journal differ.</summary>
    Feed,

    /// <summary>A promise that ran out and was not announced once, or one that did not and was.</summary>
    Deadline,
}

/// <summary>Compares histories with what was asked and answered. Knows nothing of how the gateway works.</summary>
/// <param name="lateAttempts">
/// An attempt that the client gave up on may still be carried out, by a process that was frozen, after a later attempt was refused:
/// what was refused only when asked again may be there or not. Never so where a lost connection means a dead process.
/// </param>
internal sealed class Checker(bool lateAttempts = false)
{
    private readonly List<(Fault Fault, string Detail)> _found = [];

    public int Count(Fault fault) => _found.Count(f => f.Fault == fault);

    public override string ToString() => string.Join('\n', _found.GroupBy(f => f.Fault).SelectMany(g => g.Take(10)).Select(f => $"{f.Fault}: {f.Detail}"));

    public void AssertNothingFound() => Assert.True(_found.Count == 0, $"{_found.Count} faults, among them:\n{this}");

    /// <param name="acknowledged">Writes that had been acknowledged before the histories were read: these must be there.</param>
    public void Check(IReadOnlyCollection<History> histories, Ledger ledger, IEnumerable<Write> acknowledged)
    {
        foreach (var history in histories)
        {
            Contiguous(history);
        }

        // Messages written through the API have no id of the platform.
        var externalIds = histories.SelectMany(h => h.Events.Select(e => e.Text("externalId")).OfType<string>().Select(id => (h.Row.GetProperty("channelAccount").GetString(), id)));
        foreach (var twice in externalIds.CountBy(x => x).Where(x => x.Value > 1))
        {
            Report(Fault.Duplicated, $"externalId {twice.Key} is there {twice.Value} times");
        }

        var traces = histories.SelectMany(h => h.Events.SelectMany(e => Markers(e).Select(m => (Marker: m, h.Conversation, Event: e)))).ToLookup(t => t.Marker);
        foreach (var trace in traces)
        {
            if (ledger.Find(trace.Key) is not { } write || write.Kind == WriteKind.ToBeRefused || IsFinal(write.Answer))
            {
                Report(Fault.Invented, $"{trace.Key} is in {trace.First().Conversation} at {trace.First().Event.Seq}, answered {ledger.Find(trace.Key)?.Answer}");
            }
            else if (trace.Count() > 1)
            {
                Report(Fault.Duplicated, $"{write} is there {trace.Count()} times");
            }
        }

        var known = acknowledged.ToList();
        foreach (var write in known)
        {
            if (traces[write.Marker].FirstOrDefault() is not { Event: { } at } trace)
            {
                Report(Fault.Lost, $"{write}, answered {write.Answer}");
            }
            else if (trace.Conversation != write.Conversation || !Fits(write, at))
            {
                Report(Fault.Different, $"{write}, answered {write.Answer}, is {at.Type} at {at.Seq} of {trace.Conversation}");
            }
        }

        foreach (var writer in known.Where(w => w.IsMessage).GroupBy(w => (w.Writer, w.Conversation)))
        {
            var seqs = writer.OrderBy(w => w.Number).Select(w => traces[w.Marker].FirstOrDefault().Event?.Seq ?? 0).Where(seq => seq > 0).ToList();
            if (!seqs.SequenceEqual(seqs.Order()))
            {
                Report(Fault.Reordered, $"messages of writer {writer.Key.Writer} in {writer.Key.Conversation}: {string.Join(' ', seqs)}");
            }
        }
    }

    /// <summary>A watcher saw what the journal holds. It may have seen more: the journal was read before.</summary>
    public void CheckFeed(IEnumerable<History> journal, IReadOnlyDictionary<string, Event[]> feed)
    {
        var histories = journal.ToList();
        foreach (var history in histories)
        {
            var seen = feed.GetValueOrDefault(history.Conversation) ?? [];
            var differs = history.Events.Zip(seen).FirstOrDefault(pair => !pair.First.IsSame(pair.Second));
            if (seen.Length < history.Events.Count || differs.First is not null)
            {
                Report(Fault.Feed, $"{history.Conversation}: {history.Events.Count} events in the journal, {seen.Length} in the feed, the first that differs at {differs.First?.Seq}");
            }
        }

        foreach (var unknown in feed.Keys.Except(histories.Select(h => h.Conversation)))
        {
            Report(Fault.Feed, $"{unknown} is in the feed only");
        }
    }

    public void Report(Fault fault, string detail) => _found.Add((fault, detail));

    private void Contiguous(History history)
    {
        var events = history.Events;
        if (!events.Select(e => e.Seq).SequenceEqual(Enumerable.Range(1, events.Count).Select(n => (long)n)))
        {
            Report(Fault.Gap, $"{history.Conversation}: seq {string.Join(' ', events.Select(e => e.Seq))}");
        }

        var indexes = events.Select(e => e.Index).OfType<long>().ToList();
        if (!indexes.SequenceEqual(Enumerable.Range(1, indexes.Count).Select(n => (long)n)))
        {
            Report(Fault.Gap, $"{history.Conversation}: messageIndex {string.Join(' ', indexes)}");
        }

        // The row was read first, and is of one moment of the history.
        var (seq, count) = (history.Row.GetProperty("seq").GetInt64(), history.Row.GetProperty("messageCount").GetInt64());
        if (seq > events.Count || count != events.Count(e => e.Index is not null && e.Seq <= seq))
        {
            Report(Fault.Gap, $"{history.Conversation}: the row says seq {seq} and {count} messages, the history ends at {events.Count}");
        }
    }

    /// <summary>Refused for good.</summary>
    private bool IsFinal(Answer? answer) => answer is { Accepted: false } && !(lateAttempts && answer.Attempts > 1);

    /// <summary>What a writer left in this event.</summary>
    private static IEnumerable<string> Markers(Event e) => e.Type switch
    {
        "message.received" or "message.posted" or "message.recorded" => Any(e.Text("text")),
        "assignment.changed" => Any(e.Text("assignee")),
        "status.changed" => Any(e.Text("disposition")),
        "labels.changed" => e.Data.TryGetProperty("added", out var added) && added.ValueKind == System.Text.Json.JsonValueKind.Array
            ? added.EnumerateArray().Select(label => label.GetString()!)
            : [],
        _ => [],
    };

    private static IEnumerable<string> Any(string? marker) => marker is null ? [] : [marker];

    private static bool Fits(Write write, Event at)
    {
        var answer = write.Answer!;
        return write.Kind switch
        {
            WriteKind.Inbound => at.Type == "message.received"
                && IsMessage(write, at)
                && answer.Body.GetProperty("conversationId").GetString() == write.Conversation
                && answer.Body.GetProperty("messageIndex").GetInt64() == at.Index,
            WriteKind.Reply => at.Type == "message.posted" && IsMessage(write, at) && answer.Body.GetProperty("messageIndex").GetInt64() == at.Index,
            WriteKind.Note => at.Type == "message.posted" && IsMessage(write, at) && at.Index is null,
            WriteKind.Assign => at.Type == "assignment.changed" && IsWithinCommit(write, at) && answer.Body.GetProperty("epoch").GetInt64() == at.Number("epoch"),
            WriteKind.Close => at.Type == "status.changed" && IsWithinCommit(write, at) && answer.Body.GetProperty("status").GetString() == "closed",
            WriteKind.Labels => at.Type == "labels.changed" && at.Seq <= answer.Seq,
            _ => false,
        };
    }

    private static bool IsMessage(Write write, Event at) =>
        write.Answer!.Seq == at.Seq && write.Answer.Body.GetProperty("messageId").GetString() == at.Text("message") && at.Text("message") == $"{write.Conversation}-{at.Seq}";

    /// <summary>It answered the version it led to, from the version it was decided on: nothing came between.</summary>
    private static bool IsWithinCommit(Write write, Event at) => write.IfMatch < at.Seq && at.Seq <= write.Answer!.Seq;
}
