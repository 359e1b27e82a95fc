using System.Text.Json;
using System.Text.Json.Serialization;
using Conversations.Domain;
using Conversations.Domain.Json;
using NodaTime;

namespace Conversations.Engine;

/// <summary>Commands from one entity to another: at least once through the outbox, once in effect by the command id (DESIGN.md 4).</summary>
public sealed class EntityTarget(IEntities entities, TimeProvider time) : IOutboxTarget
{
    public const string Conversation = "entity/conversation";

    public string Serves => Conversation;

    public static string Body(ConversationId conversation, string commandId, ConversationCommand command) =>
        JsonSerializer.Serialize(new(conversation, commandId, command), EntityTargetJson.Default.ConversationMessage);

    public async ValueTask<Delivery> Deliver(OutboxEntry entry, Func<ValueTask> beginAttempt, CancellationToken cancellation)
    {
        var message = JsonSerializer.Deserialize(entry.Message.Body, EntityTargetJson.Default.ConversationMessage)!;
        var reply = await entities.Send(
            entry.Account, message.Conversation, new(message.CommandId, Actor.System, message.Command, Strict: false), cancellation);
        return Delivery.Of(reply, Instant.FromDateTimeOffset(time.GetUtcNow()), "The conversation");
    }
}

internal sealed record ConversationMessage(ConversationId Conversation, string CommandId, ConversationCommand Command);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(InstantConverter), typeof(DurationConverter)])]
[JsonSerializable(typeof(ConversationMessage))]
internal sealed partial class EntityTargetJson : JsonSerializerContext;
