using System.Collections.Concurrent;
using Conversations.Domain;

namespace Conversations.EndToEnd.Tests;

/// <summary>Where a conversation lives, and so which one it is.</summary>
internal readonly record struct Place(string Account, string Thread)
{
    public const string Channel = "load";

    public string Conversation => ConversationId.Of(AccountId.Default, new(Channel, Account, Thread)).Value;
}

internal enum WriteKind { Inbound, Reply, Note, Assign, Labels, Close, ToBeRefused }

/// <summary>One thing a writer wants done once, however often it has to ask.</summary>
/// <param name="Number">Its place among what this writer asks, one after the other.</param>
/// <param name="Marker">What it leaves in the history is known by this.</param>
/// <param name="IfMatch">The version it was decided on.</param>
internal sealed record Write(int Writer, int Number, WriteKind Kind, string Conversation, string Marker, Func<HttpRequestMessage> Make, long? IfMatch = null)
{
    private volatile Answer? _answer;

    /// <summary>Null while nobody knows what became of it.</summary>
    public Answer? Answer
    {
        get => _answer;
        set => _answer = value;
    }

    public bool IsMessage => Kind is WriteKind.Inbound or WriteKind.Reply or WriteKind.Note;

    public override string ToString() => $"{Kind} {Marker} on {Conversation}";
}

/// <summary>Everything that was asked, and what it was answered.</summary>
internal sealed class Ledger
{
    private readonly ConcurrentDictionary<string, Write> _writes = new();
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private (long Count, TaskCompletionSource Reached)? _goal;

    public int Acknowledged { get; private set; }
    public int Refused { get; private set; }

    /// <summary>Answered only after the gateway had been away in between.</summary>
    public int Retried { get; private set; }

    /// <summary>Answers in which the gateway said that it had done this before.</summary>
    public int Replayed { get; private set; }

    /// <summary>Answers that no rule allows.</summary>
    public ConcurrentQueue<string> Faults { get; } = new();

    public IEnumerable<Write> Writes => _writes.Values;

    public Write? Find(string marker) => _writes.GetValueOrDefault(marker);

    /// <summary>To be called before it is asked for the first time: the history may know it before we hear of it.</summary>
    public void Asked(Write write) => _writes.TryAdd(write.Marker, write);

    public void Answered(Write write, Answer answer)
    {
        var allowed = write.Kind == WriteKind.ToBeRefused
            ? answer.Status is >= 400 and < 500
            : answer.Accepted || (write.Kind != WriteKind.Inbound && answer.Status is 404 or 409 or 412); // a colleague was faster
        if (!allowed)
        {
            Faults.Enqueue($"{write} was answered {answer}");
        }

        write.Answer = answer;
        lock (_gate)
        {
            Acknowledged += answer.Accepted ? 1 : 0;
            Refused += answer.Accepted ? 0 : 1;
            Retried += answer.Attempts > 1 ? 1 : 0;
            Replayed += answer.Replayed ? 1 : 0;
            if (_goal is { } goal && Acknowledged >= goal.Count)
            {
                goal.Reached.TrySetResult();
                _goal = null;
            }
        }
    }

    /// <summary>The same request again: it must hear the first answer, and that it is the first.</summary>
    public void AnsweredAgain(Write write, Answer again, bool mustBeReplayed = true)
    {
        string[] members = ["conversationId", "messageId", "seq", "messageIndex", "episode", "epoch"];
        if (again.Status != write.Answer?.Status || (mustBeReplayed && !again.Replayed) || members.Any(m => Text(again, m) != Text(write.Answer, m)))
        {
            Faults.Enqueue($"{write} was answered {write.Answer} and then {again}");
        }

        lock (_gate)
        {
            Replayed += again.Replayed ? 1 : 0;
        }
    }

    public void Fail(Exception failure) => _failed.TrySetException(failure);

    /// <summary>Until this many more requests have been acknowledged.</summary>
    public async Task UntilAcknowledged(int more, CancellationToken cancellation)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _goal = (Acknowledged + more, reached);
        }

        await await Task.WhenAny(reached.Task, _failed.Task).WaitAsync(cancellation);
    }

    private static string? Text(Answer answer, string member) => answer.Body.TryGetProperty(member, out var value) ? value.GetRawText() : null;
}
