using Conversations.Domain;

namespace Conversations.Engine;

/// <summary>One item of a job: a command on one conversation, at the version it was frozen at.</summary>
public sealed class JobItems(
    IEntities entities, JobHistory history, ManualAssignment manual, JobLane lane, TimeProvider time)
{
    /// <summary>Tries of one item whose command was not taken or not confirmed, 12 s in all; then it fails and may be tried by another job.</summary>
    private const int Tries = 8;

    /// <summary>Refusals that say that whoever is to have it has no room for it.</summary>
    private static readonly HashSet<string> NoRoom = ["no_capacity", "class_full", "paced", "offer_under_way"];

    public async Task<IReadOnlyList<ItemResult>> Do(Job job, IReadOnlyList<FrozenItem> items, CancellationToken cancellation) =>
        await Task.WhenAll(items.Select(item => Do(job, item, cancellation)));

    /// <param name="results">What became of the items; only what was done, and changed something, is taken back.</param>
    public async Task<IReadOnlyList<ItemResult>> Undo(Job job, IReadOnlyList<FrozenItem> items, IReadOnlyList<ItemResult> results, CancellationToken cancellation) =>
        await Task.WhenAll(items.Zip(results, (item, result) => (item, result)).Select(i => i is { item.Undo: { } undo, result: { Outcome: ItemOutcome.Done, Changed: true, Seq: { } seq } }
            ? Send(job, i.item.Conversation, job.Id.UndoOf(i.item.Conversation), undo, seq, job.UndoneBy!, cancellation)
            : Task.FromResult(new ItemResult(ItemOutcome.NotDone))));

    private Task<ItemResult> Do(Job job, FrozenItem item, CancellationToken cancellation) =>
        item.Seq == 0 ? Task.FromResult(Failed(Refusals.NotFound("conversation")))
        : job.Spec!.Command is Assign { Agent: { } agent } && item.Channel is { } channel ? Give(job, item, agent, channel, cancellation)
        : Send(job, item.Conversation, job.Id.Item(item.Conversation), job.Spec.Command, item.Seq, job.By!, cancellation);

    /// <summary>Capacity is set aside first, as for any assignment by hand (routing.md 1); what was set aside in vain is given back.</summary>
    private async Task<ItemResult> Give(Job job, FrozenItem item, AgentId agent, string channel, CancellationToken cancellation)
    {
        var id = job.Id.Item(item.Conversation);
        var (reserved, full) = await manual.Reserve(job.Account, agent, item.Conversation, channel, !job.Spec!.RespectCapacity, id, cancellation);
        if (full is not null)
        {
            return Failed(full);
        }

        var result = await Send(job, item.Conversation, id, job.Spec.Command, item.Seq, job.By!, cancellation);
        if (reserved is { } offer && result is { Outcome: not ItemOutcome.Done, Code: not "outcome_unknown" })
        {
            await manual.Release(job.Account, agent, item.Conversation, offer, result.Code ?? "changed", cancellation);
        }

        return result;
    }

    private async Task<ItemResult> Send(
        Job job, ConversationId conversation, string commandId, ConversationCommand command, long seq, Actor by, CancellationToken cancellation)
    {
        var envelope = new Envelope<ConversationCommand>(commandId, by, command, seq, Strict: false);
        Reply<ConversationAnswer>? reply = null;
        for (var tries = 0; tries < Tries; tries++)
        {
            reply = await lane.Run(() => entities.Send(job.Account, conversation, envelope, cancellation), cancellation);
            if (reply is Reply<ConversationAnswer>.Refused { Refusal.Code: "version_conflict" }
                && await history.SeqIfOnlyTimePassed(job.Account, conversation, seq, cancellation) is { } now && now > envelope.IfMatch)
            {
                envelope = envelope with { IfMatch = now };
                continue;
            }

            if (reply is Reply<ConversationAnswer>.Done or Reply<ConversationAnswer>.Refused)
            {
                break;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100 * Math.Pow(2, Math.Min(tries, 5))), time, cancellation);
        }

        return reply switch
        {
            Reply<ConversationAnswer>.Done done => new(ItemOutcome.Done, done.Answer.Seq, done.Answer.Changed),
            Reply<ConversationAnswer>.Refused { Refusal.Code: "version_conflict" } => new(ItemOutcome.SkippedChanged),
            Reply<ConversationAnswer>.Refused { Refusal: var refusal } => Failed(refusal),
            Reply<ConversationAnswer>.Overloaded => new(ItemOutcome.Failed, Code: "overloaded", Detail: "Too much else was to be done.", Retryable: true),
            _ => new(ItemOutcome.Failed, Code: "outcome_unknown", Detail: "The write was not confirmed; it may have happened.", Retryable: true),
        };
    }

    internal static ItemResult Failed(Refusal refusal) =>
        new(NoRoom.Contains(refusal.Code) ? ItemOutcome.NoCapacity : ItemOutcome.Failed, Code: refusal.Code, Detail: refusal.Detail, Retryable: NoRoom.Contains(refusal.Code));
}
