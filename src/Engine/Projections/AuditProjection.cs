using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Conversations.Domain;

namespace Conversations.Engine;

/// <summary>
/// Where the audit's events are: references only. What happened is read from the event itself, so the audit cannot say
/// anything else than the history does.
/// </summary>
public sealed class AuditProjection : Projection
{
    internal const string ProjectionName = "audit", Section = "entry";

    public override string Name => ProjectionName;
    public override int Format => 1;

    public override ValueTask<IReadOnlyList<ProjectionChange>> Apply(IReadOnlyList<FeedEntry> entries, IProjectionStore store, CancellationToken cancellation) =>
        new([.. entries.Where(Belongs).Select(entry => new ProjectionChange(
            entry.Entity.Account,
            Section,
            KeyOf(entry),
            JsonSerializer.SerializeToUtf8Bytes(
                new(entry.Entity.Kind, entry.Entity.Id, entry.Event.Seq, entry.Event.Actor.Id), AuditJson.Default.AuditReference)))]);

    /// <summary>By time, then by place: at one instant the order is that of the commits.</summary>
    private static string KeyOf(FeedEntry entry) =>
        string.Create(CultureInfo.InvariantCulture, $"{entry.Event.At.ToUnixTimeMilliseconds():D14}-{entry.Partition:D4}-{entry.Offset:D14}");

    /// <summary>
    /// All of configuration; elsewhere what people with more rights than an agent did, and asked for: not what a conversation
    /// tells of itself, and not a bulk job's items, which the job's own record lists.
    /// </summary>
    private static bool Belongs(FeedEntry entry) => entry.Entity.Kind switch
    {
        AccountType.Name => true,
        _ when entry.Event.Actor.Kind is not (ActorKind.Supervisor or ActorKind.Admin or ActorKind.Operator) => false,
        ConversationType.Name => !JobId.IsItem(entry.Event.Cause) && (OfSupervision.Contains(entry.Event.Type) || IsWhisper(entry.Event)),
        JobType.Name => entry.Event.Type != "job.named",
        _ => !entry.Event.Type.StartsWith("work.", StringComparison.Ordinal),
    };

    /// <summary>A word to an agent is supervision; notes and replies of a supervisor are work like anybody's.</summary>
    private static bool IsWhisper(StoredEvent stored) =>
        stored.Type == "message.posted" && Conversations.Decode(stored).Event is MessagePosted { WhisperTo: not null };

    private static readonly EventCodec<ConversationEvent> Conversations = new ConversationType().Events;

    private static readonly HashSet<string> OfSupervision =
    [
        "status.changed", "assignment.changed", "priority.changed", "labels.changed", "customer.blocked", "control.changed",
        "transfer.requested", "offer.ended", "queue.boosted", "participants.changed", "wrapUp.ended", "sla.overridden", "monitor.started", "monitor.ended",
    ];
}

internal sealed record AuditReference(string Kind, string Id, long Seq, string Actor);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(AuditReference))]
internal sealed partial class AuditJson : JsonSerializerContext;
