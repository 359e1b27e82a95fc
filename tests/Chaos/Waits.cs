using System.Collections.Concurrent;
using System.Text.Json;

namespace Conversations.EndToEnd.Tests;

/// <summary>How long clients waited, for whoever wants to know what a fault cost them.</summary>
internal sealed class Waits
{
    private readonly ConcurrentQueue<(string Entity, DateTimeOffset Began, DateTimeOffset Ended)> _all = new();

    /// <summary>Server errors that a client saw although it repeats what it may.</summary>
    public ConcurrentQueue<string> Errors { get; } = new();

    public void Add(string path, DateTimeOffset began, Answer answer)
    {
        if (answer.Status >= 500)
        {
            Errors.Enqueue($"{path}: {answer}");
        }

        if (EntityOf(path, answer) is { } entity)
        {
            _all.Enqueue((entity, began, TimeProvider.System.GetUtcNow()));
        }
    }

    /// <summary>
    /// For each conversation asked for around a fault: the longest that any request which was under way then, or began in the
    /// <paramref name="after"/> that followed, waited from the fault on.
    /// </summary>
    public IReadOnlyList<TimeSpan> Around(DateTimeOffset fault, TimeSpan after) =>
        [.. _all.Where(w => w.Ended >= fault && w.Began <= fault + after)
            .GroupBy(w => w.Entity, w => w.Ended - (w.Began > fault ? w.Began : fault))
            .Select(entity => entity.Max())];

    private static string? EntityOf(string path, Answer answer) =>
        path.Split('/') is ["", "v1", "conversations", var id, ..] ? id.Split('?')[0]
        : answer.Body.ValueKind == JsonValueKind.Object && answer.Body.TryGetProperty("conversationId", out var conversation) ? conversation.GetString()
        : null;
}
