using NodaTime;

namespace Conversations.Domain;

/// <summary>A queue that takes nothing in any more (routing.md 9). What its agents have they finish.</summary>
/// <param name="To">Where newcomers go instead, and what waits if it is moved.</param>
/// <param name="Job">The bulk job that moves what waits; null: its agents work it off.</param>
public sealed record QueueDrain(QueueId To, Instant Since, JobId? Job = null);

public sealed partial record QueueSettings
{
    public QueueDrain? Drain { get; init; }
}

/// <summary>Begins or ends (<paramref name="To"/> null) a queue's drain. Ending it moves nothing back; the job can be undone.</summary>
/// <param name="Move">What waits goes too; else its agents work it off.</param>
public sealed record DrainQueue(QueueId Queue, QueueId? To, bool Move = true) : AccountCommand;

public sealed record QueueDrainChanged(QueueId Queue, QueueDrain? Drain) : AccountEvent;

internal static partial class AccountRouting
{
    private static Decision<AccountEvent> Drain(AccountSettings state, DrainQueue command, Context context)
    {
        if (state.Queue(command.Queue) is not { } queue)
        {
            return Refusals.NotFound("queue");
        }

        if (command.To is not { } to)
        {
            return queue.Drain is null ? Accept() : Accept(new QueueDrainChanged(command.Queue, null));
        }

        if (to == command.Queue || state.Queue(to) is not { Drain: null })
        {
            return new Refusal("invalid_target", "A queue drains to another one that takes work.", RefusalKind.Invalid);
        }

        return queue.Drain is { } known && known.To == to && (known.Job is not null) == command.Move
            ? Accept()
            : Accept(new QueueDrainChanged(
                command.Queue, new(to, context.Now, command.Move ? JobId.Of(state.Id, $"drain/{command.Queue}/{state.Version + 1}") : null)));
    }

    private static Decision<AccountEvent>.Accepted Accept(params AccountEvent[] events) => new(events);
}
