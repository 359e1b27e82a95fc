using Conversations.Domain;
using Conversations.Domain.Json;
using Microsoft.Extensions.Logging;
using NodaTime;

namespace Conversations.Engine;

/// <summary>What applying today's policies would do to the open conversations (sla.md R-PO5): the decision itself, taken and thrown away.</summary>
public sealed class PolicyTrial(IJournal journal, IViews views, SettingsCache settings, TimeProvider time, ILogger<PolicyTrial> logger)
{
    /// <summary>A preview is looked at by a person who waits: the newest conversations stand for the rest.</summary>
    public const int Most = 1_000;

    private const int Page = 200;

    private static readonly ConversationStatus[] Open = [ConversationStatus.Open, ConversationStatus.Pending, ConversationStatus.OnHold, ConversationStatus.Snoozed];

    private readonly ConversationType _type = new();

    public async ValueTask<TrialResult> Run(AccountId account, Actor actor, CancellationToken cancellation)
    {
        var context = new Context(Instant.FromDateTimeOffset(time.GetUtcNow()).ToMilliseconds(), actor, await settings.Get(account, cancellation));
        List<TrialChange> changes = [];
        ConversationKeyset? after = null;
        var examined = 0;
        do
        {
            var page = await views.List(new(account, ConversationOrder.Created, Page, after, Open), cancellation);
            foreach (var row in page.Items)
            {
                examined++;
                if (await Try(context, row, cancellation) is { } change)
                {
                    changes.Add(change);
                }
            }

            after = page.Next;
        }
        while (after is not null && examined < Most);
        return new(examined, Complete: after is null, changes);
    }

    private async ValueTask<TrialChange?> Try(Context context, ConversationRow row, CancellationToken cancellation)
    {
        var (state, _) = await StoredState.Read(journal, _type, ConversationType.Key(row.Account, row.Id), logger, cancellation);
        if (_type.Decide(state, new ApplyPolicies(), context) is not Decision<ConversationEvent>.Accepted { Events: { Count: > 0 } events })
        {
            return null;
        }

        var after = state;
        foreach (var e in events)
        {
            after = _type.Evolve(after, new(after.Seq + 1, context.Now, context.Actor, "", e));
        }

        var would = _type.Row(after);
        return new(row.Id, row.Sla?.Policy, would.Sla?.Policy, row.NextDue, would.NextDue, [.. events.OfType<SlaBreached>().Select(b => b.Metric)]);
    }
}

/// <param name="Complete">False if there are more open conversations than were looked at.</param>
public sealed record TrialResult(int Examined, bool Complete, IReadOnlyList<TrialChange> Changes);

/// <param name="PolicyBefore">Null: nothing was promised.</param>
/// <param name="Breaks">What would be broken at once: its new due time has passed.</param>
public sealed record TrialChange(
    ConversationId Conversation, string? PolicyBefore, string? PolicyAfter, Instant? NextDueBefore, Instant? NextDueAfter, IReadOnlyList<Metric> Breaks);
