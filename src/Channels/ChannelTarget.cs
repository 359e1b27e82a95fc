using System.Text.Json;
using System.Text.Json.Serialization;
using Conversations.Domain;
using Conversations.Domain.Json;
using Conversations.Engine;
using NodaTime;

namespace Conversations.Channels;

/// <summary>Opens a channel account's secrets for the adapter that needs them.</summary>
public interface ISecretOpener
{
    /// <returns>The plain values of every secret of the channel account.</returns>
    ChannelSecrets Open(AccountId account, ChannelSettings channel);
}

/// <summary>
/// Takes replies from the outbox to their channel's sender, and what became of them back to the conversation
/// (channels.md 11). Replies of one conversation leave in order.
/// </summary>
public sealed class ChannelTarget(
    IEnumerable<IChannel> channels, IEntities entities, SettingsCache settings, ISecretOpener secrets, TimeProvider time) : IOutboxTarget
{
    private readonly Dictionary<string, IChannel> _channels = channels.ToDictionary(c => c.Name);

    public string Serves => "channel/";

    public async ValueTask<Delivery> Deliver(OutboxEntry entry, Func<ValueTask> beginAttempt, CancellationToken cancellation)
    {
        var reply = JsonSerializer.Deserialize(entry.Message.Body, DomainJson.Contract.OutgoingReply)!;
        var progress = entry.Progress is null ? null : JsonSerializer.Deserialize(entry.Progress, ChannelTargetJson.Default.ChannelProgress);
        if (progress?.Report is { } known)
        {
            return await Report(entry, reply, known, cancellation);
        }

        if ((await settings.Get(entry.Account, s => s.Channel(reply.Address) is not null, cancellation)).Channel(reply.Address) is not { } channel)
        {
            return Failed("no_channel_account", "The channel account is no longer registered.");
        }

        if (!_channels.TryGetValue(channel.Channel, out var adapter))
        {
            return Failed("no_adapter", $"There is no adapter for channel '{channel.Channel}'.");
        }

        if (channel.Suspended is { } reason)
        {
            return new Delivery.Wait($"The channel account is suspended: {reason}", Now() + Duration.FromMinutes(1));
        }

        await beginAttempt();
        var result = await adapter.Send(
            new(reply, secrets.Open(entry.Account, channel), entry.Attempts, progress?.Step, entry.EnqueuedAt), cancellation);
        switch (result)
        {
            // Kept before it is told: if telling fails, nothing is sent a second time.
            case SendResult.Sent sent:
                return Keep(new(Report: new(DeliveryState.Sent, sent.ExternalIds, sent.At ?? Now())));
            case SendResult.Rejected rejected:
                return Failed(rejected.Code, rejected.Detail);
            case SendResult.Progressed step:
                return Keep(new(Step: step.Progress));
            case SendResult.Later later:
                return new Delivery.Again(later.Reason, later.NotBefore);
            case SendResult.Unauthorised unauthorised:
                await entities.Send(
                    entry.Account,
                    new Envelope<AccountCommand>($"suspend/{Guid.NewGuid():N}", Actor.System, new SuspendChannel(channel.Channel, channel.ChannelAccount, unauthorised.Reason), Strict: false),
                    cancellation);
                return new Delivery.Wait(unauthorised.Reason, Now() + Duration.FromMinutes(1));
            default:
                throw new InvalidOperationException($"Unknown result {result}.");
        }
    }

    /// <summary>A reply nobody could deliver is told to the agent, who can write again; it is no dead letter nobody looks at.</summary>
    public Delivery GiveUp(string reason) => Failed("gave_up", reason);

    private async ValueTask<Delivery> Report(OutboxEntry entry, OutgoingReply reply, DeliveryReport report, CancellationToken cancellation)
    {
        var told = await entities.Send(
            entry.Account,
            reply.Conversation,
            new($"out/{reply.Message}/{report.State}", Actor.System, new RecordDelivery(reply.Message, report), Strict: false),
            cancellation);
        return Delivery.Of(told, Now(), "The conversation");
    }

    private Delivery.Progressed Failed(string code, string detail) => Keep(new(Report: new(DeliveryState.Failed, At: Now(), Code: code, Detail: detail)));

    private static Delivery.Progressed Keep(ChannelProgress progress) =>
        new(JsonSerializer.Serialize(progress, ChannelTargetJson.Default.ChannelProgress));

    private Instant Now() => Instant.FromDateTimeOffset(time.GetUtcNow()).ToMilliseconds();
}

/// <param name="Step">The sender's own progress within a message of several parts.</param>
/// <param name="Report">The platform has answered; only the conversation has still to be told.</param>
internal sealed record ChannelProgress(string? Step = null, DeliveryReport? Report = null);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(InstantConverter)])]
[JsonSerializable(typeof(ChannelProgress))]
internal sealed partial class ChannelTargetJson : JsonSerializerContext;
