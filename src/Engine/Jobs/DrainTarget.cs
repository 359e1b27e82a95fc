using System.Text.Json;
using System.Text.Json.Serialization;
using Conversations.Domain;
using Conversations.Domain.Json;
using NodaTime;

namespace Conversations.Engine;

/// <summary>
/// Starts the bulk job of a queue's drain. A message in the account's outbox, written with the drain itself: a queue that takes
/// nothing in any more is emptied, whatever dies in between.
/// </summary>
public sealed class DrainTarget(IEntities entities, TimeProvider time) : IOutboxTarget
{
    private const string Target = "queue/drain";

    public string Serves => Target;

    internal static OutboxMessage? Of(Recorded<AccountEvent> recorded) => recorded.Event is QueueDrainChanged { Drain: { Job: { } job } drain } e
        ? new($"drain/{job}", Target, $"drain/{e.Queue}", JsonSerializer.Serialize(new(recorded.Actor, job, e.Queue, drain.To), DrainJson.Default.DrainMessage))
        : null;

    public async ValueTask<Delivery> Deliver(OutboxEntry entry, Func<ValueTask> beginAttempt, CancellationToken cancellation)
    {
        var message = JsonSerializer.Deserialize(entry.Message.Body, DrainJson.Default.DrainMessage)!;
        var start = new StartJob(new(new Assign(null, message.To), new(Queue: message.Queue, Unassigned: true)));
        var reply = await entities.Send(entry.Account, message.Job, new Envelope<JobCommand>(entry.Message.Id, message.By, start, Strict: false), cancellation);
        return Delivery.Of(reply, Instant.FromDateTimeOffset(time.GetUtcNow()), "The job");
    }
}

internal sealed record DrainMessage(Actor By, JobId Job, QueueId Queue, QueueId To);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(InstantConverter), typeof(DurationConverter)])]
[JsonSerializable(typeof(DrainMessage))]
internal sealed partial class DrainJson : JsonSerializerContext;
