using System.Text.Json;
using System.Text.Json.Serialization;
using Conversations.Domain;
using Conversations.Domain.Json;
using NodaTime;

namespace Conversations.Engine;

/// <summary>Commands to agents: what conversations tell their ledgers.</summary>
public sealed class AgentTarget(IEntities entities, TimeProvider time) : IOutboxTarget
{
    public const string Target = "entity/agent";

    public string Serves => Target;

    public static string Body(AgentId agent, string commandId, AgentCommand command) =>
        JsonSerializer.Serialize(new(agent, commandId, command), RoutingTargetJson.Default.AgentMessage);

    public async ValueTask<Delivery> Deliver(OutboxEntry entry, Func<ValueTask> beginAttempt, CancellationToken cancellation)
    {
        var message = JsonSerializer.Deserialize(entry.Message.Body, RoutingTargetJson.Default.AgentMessage)!;
        return Delivery.Of(
            await entities.Send(entry.Account, message.Agent, new(message.CommandId, Actor.System, message.Command, Strict: false), cancellation), Instant.FromDateTimeOffset(time.GetUtcNow()));
    }
}

/// <summary>Commands to queues: what conversations and agents tell them.</summary>
public sealed class QueueTarget(IEntities entities, TimeProvider time) : IOutboxTarget
{
    public const string Target = "entity/queue";

    public string Serves => Target;

    public static string Body(QueueId queue, string commandId, QueueCommand command) =>
        JsonSerializer.Serialize(new(queue, commandId, command), RoutingTargetJson.Default.QueueMessage);

    public async ValueTask<Delivery> Deliver(OutboxEntry entry, Func<ValueTask> beginAttempt, CancellationToken cancellation)
    {
        var message = JsonSerializer.Deserialize(entry.Message.Body, RoutingTargetJson.Default.QueueMessage)!;
        return Delivery.Of(
            await entities.Send(entry.Account, message.Queue, new(message.CommandId, Actor.System, message.Command, Strict: false), cancellation), Instant.FromDateTimeOffset(time.GetUtcNow()));
    }
}

/// <summary>
/// An agent's doubt whether something set aside still means anything: reads the conversation's row, which is written in the
/// same commit as its events, and tells the agent (routing.md 0, step 5).
/// </summary>
public sealed class LedgerTarget(IEntities entities, IViews views, SettingsCache settings, TimeProvider time) : IOutboxTarget
{
    public const string Target = "ledger/doubt";

    public string Serves => Target;

    public async ValueTask<Delivery> Deliver(OutboxEntry entry, Func<ValueTask> beginAttempt, CancellationToken cancellation)
    {
        var message = JsonSerializer.Deserialize(entry.Message.Body, RoutingTargetJson.Default.LedgerMessage)!;
        var row = await views.Find(entry.Account, message.Doubt.Conversation, cancellation);
        var terms = (await settings.Get(entry.Account, cancellation)).RoutingTerms;
        return Doubts.Answer(row, message.Agent, message.Doubt, terms) is { } command
            ? Delivery.Of(await entities.Send(entry.Account, message.Agent, new($"answer/{entry.Message.Id}", Actor.System, command, Strict: false), cancellation), Instant.FromDateTimeOffset(time.GetUtcNow()))
            : Delivery.Done.Instance; // the offer stands: the agent asks again
    }
}

internal static class RoutingTargets
{
    /// <summary>The id of the command by which a conversation's event tells a queue.</summary>
    public static string ToQueue(ConversationId conversation, long seq) => $"{conversation}-{seq}-queue";

    /// <summary>What a conversation's events tell queues and agents. To each of them in order.</summary>
    public static IEnumerable<OutboxMessage> Of(Conversation after, IReadOnlyList<Recorded<ConversationEvent>> events)
    {
        foreach (var recorded in events)
        {
            if (ConversationMessages.ToQueue(after, recorded.Event) is var (queue, toQueue))
            {
                var id = ToQueue(after.Id, recorded.Seq);
                yield return new(id, QueueTarget.Target, $"{after.Id}>{queue}", QueueTarget.Body(queue, id, toQueue));
            }

            if (ConversationMessages.ToAgent(after, recorded.Event) is var (agent, toAgent))
            {
                var id = $"{after.Id}-{recorded.Seq}-agent";
                yield return new(id, AgentTarget.Target, $"{after.Id}>agent/{agent}", AgentTarget.Body(agent, id, toAgent));
            }
        }
    }
}

internal sealed record AgentMessage(AgentId Agent, string CommandId, AgentCommand Command);

internal sealed record QueueMessage(QueueId Queue, string CommandId, QueueCommand Command);

internal sealed record LedgerMessage(AgentId Agent, WorkAsked Doubt);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(InstantConverter), typeof(DurationConverter)])]
[JsonSerializable(typeof(AgentMessage))]
[JsonSerializable(typeof(QueueMessage))]
[JsonSerializable(typeof(LedgerMessage))]
internal sealed partial class RoutingTargetJson : JsonSerializerContext;
