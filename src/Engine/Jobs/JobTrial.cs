using Conversations.Domain;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Conversations.Engine;

/// <summary>Makes trials: dry runs of jobs.</summary>
public sealed class JobTrials(IJournal journal, JobHistory history, SettingsCache settings, JobLane lane, TimeProvider time)
{
    /// <summary>As far as the job has come: what was tried before a crash has its place in the agent's ledger.</summary>
    public async ValueTask<JobTrial> Of(Job job, CancellationToken cancellation)
    {
        var configuration = await settings.Get(job.Account, cancellation);
        var agent = job.Spec is { RespectCapacity: true, Command: Assign { Agent: { } id } } && configuration.Routes
            ? (await StoredState.Read(journal, JobTrial.Agents, AgentType.Key(job.Account, id), NullLogger.Instance, cancellation)).State
            : null;
        var trial = new JobTrial(journal, history, lane, job, new(Instant.FromDateTimeOffset(time.GetUtcNow()), job.By!, configuration), agent);
        var tried = await history.Results(job, 0, job.Worked, cancellation);
        foreach (var (items, results) in (await history.Frozen(job, 0, tried.Count, cancellation)).Zip(tried))
        {
            trial.Fit(items, results);
        }

        return trial;
    }
}

/// <summary>What a job would do: the same decisions on the same states, and no commit. What is given to an agent adds up.</summary>
/// <param name="agent">Whose ledger has to have room; null: nobody's.</param>
public sealed class JobTrial(IJournal journal, JobHistory history, JobLane lane, Job job, Context context, Agent? agent)
{
    internal static readonly AgentType Agents = new();

    private static readonly ConversationType Conversations = new();

    private Agent? _agent = agent;

    public async Task<IReadOnlyList<ItemResult>> Do(IReadOnlyList<FrozenItem> items, CancellationToken cancellation) =>
        Fit(items, await Task.WhenAll(items.Select(item => Try(item, cancellation))));

    private async Task<ItemResult> Try(FrozenItem item, CancellationToken cancellation)
    {
        if (item.Seq == 0)
        {
            return JobItems.Failed(Refusals.NotFound("conversation"));
        }

        var key = ConversationType.Key(job.Account, item.Conversation);
        var (state, _) = await lane.Run(() => StoredState.Read(journal, Conversations, key, NullLogger.Instance, cancellation), cancellation);
        if (state.Seq != item.Seq && await history.SeqIfOnlyTimePassed(job.Account, item.Conversation, item.Seq, cancellation) is null)
        {
            return new(ItemOutcome.SkippedChanged);
        }

        return Conversations.Decide(state, job.Spec!.Command, context) switch
        {
            Decision<ConversationEvent>.Accepted accepted => new(ItemOutcome.Done, Changed: accepted.Events.Count > 0),
            Decision<ConversationEvent>.Refused refused => JobItems.Failed(refused.Refusal),
            _ => throw new InvalidOperationException("A decision is accepted or refused."),
        };
    }

    /// <summary>In the agent's ledger, one after the other, until it is full (routing.md 1).</summary>
    internal IReadOnlyList<ItemResult> Fit(IReadOnlyList<FrozenItem> items, IReadOnlyList<ItemResult> results) =>
        [.. items.Zip(results, (item, result) => result is { Outcome: ItemOutcome.Done, Changed: true } && item.Channel is { } channel && Reserve(item.Conversation, channel) is { } full
            ? JobItems.Failed(full)
            : result)];

    private Refusal? Reserve(ConversationId conversation, string channel)
    {
        if (_agent is null)
        {
            return null;
        }

        var command = ManualAssignment.Reservation(new($"{job.Id}/{conversation}"), conversation, channel, context.Settings, @override: false);
        var decision = Agents.Decide(_agent, command, context with { Actor = Actor.System });
        if (decision is Decision<AgentEvent>.Accepted { Events: var events })
        {
            _agent = events.Aggregate(_agent, (agent, e) => Agents.Evolve(agent, new(agent.Seq + 1, context.Now, Actor.System, $"{job.Id}", e)));
        }

        return decision is Decision<AgentEvent>.Refused { Refusal: var refusal } ? ManualAssignment.Full(refusal) : null;
    }
}
