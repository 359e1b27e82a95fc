using System.Text.Json.Serialization;
using Conversations.Domain.Json;
using Conversations.Domain.Sla;
using NodaTime;

namespace Conversations.Domain;

// ids → commands → events → state + Evolve → Decide, as everywhere (DESIGN.md 4).

[JsonConverter(typeof(CamelCaseEnumConverter<Role>))]
public enum Role { Agent, Supervisor, Admin, Operator, Integrator }

/// <summary>What can be asked of an account's configuration.</summary>
[JsonDerivedType(typeof(PutChannel), "putChannel")]
[JsonDerivedType(typeof(SuspendChannel), "suspendChannel")]
[JsonDerivedType(typeof(CreateKey), "createKey")]
[JsonDerivedType(typeof(RevokeKey), "revokeKey")]
[JsonDerivedType(typeof(PutQueue), "putQueue")]
[JsonDerivedType(typeof(RemoveQueue), "removeQueue")]
[JsonDerivedType(typeof(PutRouting), "putRouting")]
[JsonDerivedType(typeof(DrainQueue), "drainQueue")]
[JsonDerivedType(typeof(PutCalendar), "putCalendar")]
[JsonDerivedType(typeof(AddHolidays), "addHolidays")]
[JsonDerivedType(typeof(PutPolicy), "putPolicy")]
[JsonDerivedType(typeof(RemovePolicy), "removePolicy")]
[JsonDerivedType(typeof(ApplyToOpen), "applyToOpen")]
[JsonDerivedType(typeof(FinishRun), "finishRun")]
public abstract record AccountCommand;

/// <summary>Registers an account of a channel, or changes it. Secrets not named keep their value.</summary>
/// <param name="Secrets">Already protected for storage; never the plain text.</param>
/// <param name="SendsWith">The secrets the channel's adapter needs to send replies; null or none: no adapter here sends.</param>
public sealed record PutChannel(
    ChannelSettings Channel, IReadOnlyDictionary<string, string>? Secrets = null, IReadOnlyList<string>? SendsWith = null) : AccountCommand;

/// <summary>Stops (reason) or resumes (null) sending on a channel account, for example after its access was revoked.</summary>
public sealed record SuspendChannel(string Channel, string ChannelAccount, string? Reason) : AccountCommand;

/// <param name="Hash">SHA-256 of the key in lower-case hex; the key itself is never stored.</param>
public sealed record CreateKey(string Id, string Hash, string Name, Role Role, AgentId? Agent) : AccountCommand;

public sealed record RevokeKey(string Id) : AccountCommand;

[JsonDerivedType(typeof(ChannelRegistered), "channel.registered")]
[JsonDerivedType(typeof(ChannelSuspended), "channel.suspended")]
[JsonDerivedType(typeof(KeyCreated), "key.created")]
[JsonDerivedType(typeof(KeyRevoked), "key.revoked")]
[JsonDerivedType(typeof(QueueDefined), "queue.defined")]
[JsonDerivedType(typeof(QueueRemoved), "queue.removed")]
[JsonDerivedType(typeof(RoutingDefined), "routing.defined")]
[JsonDerivedType(typeof(QueueDrainChanged), "queue.drain")]
[JsonDerivedType(typeof(CalendarDefined), "calendar.defined")]
[JsonDerivedType(typeof(PolicyDefined), "policy.defined")]
[JsonDerivedType(typeof(PolicyRemoved), "policy.removed")]
[JsonDerivedType(typeof(ApplyingStarted), "policies.applying")]
[JsonDerivedType(typeof(ApplyingFinished), "policies.applied")]
public abstract record AccountEvent;

public sealed record ChannelRegistered(ChannelSettings Channel, IReadOnlyDictionary<string, string>? Secrets) : AccountEvent;

public sealed record ChannelSuspended(string Channel, string ChannelAccount, string? Reason) : AccountEvent;

public sealed record KeyCreated(ApiKey Key) : AccountEvent;

public sealed record KeyRevoked(string Id) : AccountEvent;

/// <summary>How one account of one channel is handled.</summary>
/// <param name="Queue">Where new conversations go; null: nowhere, they wait to be assigned.</param>
/// <param name="Bot">The bot that holds new conversations until it hands off; null: people answer from the start.</param>
/// <param name="Sends">True if an adapter here delivers replies; false if the integrator does, from the feed. Decided by the account from the secrets it has.</param>
/// <param name="ReopenWindow">Seconds; null: 7 days.</param>
/// <param name="AutoCloseAfter">Seconds of quiet; null: never.</param>
/// <param name="Options">Adapter options that are not secret, for example a base URL.</param>
public sealed record ChannelSettings(
    string Channel,
    string ChannelAccount,
    string? Name = null,
    QueueId? Queue = null,
    string? Bot = null,
    bool Sends = false,
    SlaTargets? Sla = null,
    int? ReopenWindow = null,
    int? AutoCloseAfter = null,
    ReplyWindowRule? ReplyWindow = null,
    IReadOnlyDictionary<string, string>? Options = null,
    string? Suspended = null,
    IReadOnlyDictionary<string, string>? Secrets = null)
{
    [JsonIgnore]
    public string Key => KeyOf(Channel, ChannelAccount);

    public static string KeyOf(string channel, string channelAccount) => $"{channel}/{channelAccount}";
}

/// <summary>How long after the customer's last message the platform takes answers, in seconds (channels.md).</summary>
public sealed record ReplyWindowRule(int Standard, int? Human)
{
    /// <summary>Messenger, Instagram: 24 h, people 7 days; WhatsApp: 24 h. Other channels have none. (2026-11)</summary>
    public static ReplyWindowRule? Of(string channel) => channel switch
    {
        "messenger" or "instagram" => new(86_400, 604_800),
        "whatsapp" => new(86_400, null),
        _ => null,
    };
}

public sealed record ApiKey(string Id, string Hash, string Name, Role Role, AgentId? Agent, Instant CreatedAt);

/// <summary>An account's configuration: immutable, versioned by <see cref="Version"/>; the state of the account entity.</summary>
public sealed partial record AccountSettings(
    AccountId Id,
    long Version,
    IReadOnlyDictionary<string, ChannelSettings> Channels,
    IReadOnlyDictionary<string, ApiKey> Keys)
{
    /// <summary>Default <see cref="ChannelSettings.ReopenWindow"/>: 7 days (conversation.md 2).</summary>
    public const int DefaultReopenWindow = 7 * 86_400;

    public static AccountSettings Empty(AccountId id) =>
        new(id, 0, new Dictionary<string, ChannelSettings>(), new Dictionary<string, ApiKey>());

    public ChannelSettings? Channel(string channel, string channelAccount) =>
        Channels.GetValueOrDefault(ChannelSettings.KeyOf(channel, channelAccount));

    public ChannelSettings? Channel(Address address) => Channel(address.Channel, address.ChannelAccount);

    /// <summary>What an episode that begins now is judged by.</summary>
    public EpisodeTerms TermsOf(PolicyFacts facts)
    {
        var channel = Channel(facts.Address);
        return new(Version, TermsFor(facts), channel?.ReopenWindow ?? DefaultReopenWindow, channel?.AutoCloseAfter);
    }
}

/// <summary>What a command on an account answers.</summary>
public sealed record AccountAnswer(long Seq);

public static partial class Account
{
    public static AccountSettings Evolve(AccountSettings state, Recorded<AccountEvent> recorded)
    {
        var next = recorded.Event switch
        {
            ChannelRegistered e => state with { Channels = With(state.Channels, e.Channel.Key, Merge(state, e)) },
            ChannelSuspended e => state.Channel(e.Channel, e.ChannelAccount) is { } known
                ? state with { Channels = With(state.Channels, known.Key, known with { Suspended = e.Reason }) }
                : state,
            KeyCreated e => state with { Keys = With(state.Keys, e.Key.Id, e.Key) },
            KeyRevoked e => state with { Keys = state.Keys.Where(k => k.Key != e.Id).ToDictionary() },
            CalendarDefined e => Defined(state, recorded, e),
            PolicyDefined e => Policy(state, recorded.At, e.Id, e.Version, e.Policy),
            PolicyRemoved e => Policy(state, recorded.At, e.Id, e.Version, null),
            ApplyingStarted e => Run(state, e.Run, _ => new(e.Run, recorded.At)),
            ApplyingFinished e => Run(state, e.Run, run => (run ?? new(e.Run, recorded.At)) with { FinishedAt = recorded.At, Examined = e.Examined, Changed = e.Changed }),
            _ => AccountRouting.Evolve(state, recorded.Event),
        };
        return next with { Version = recorded.Seq };
    }

    public static Decision<AccountEvent> Decide(AccountSettings state, AccountCommand command, Context context)
    {
        switch (command)
        {
            case PutChannel put when Unkeepable(put.Channel) is { } why:
                return new Refusal("invalid_terms", why, RefusalKind.Invalid);

            case PutChannel put:
                var secrets = (state.Channel(put.Channel.Channel, put.Channel.ChannelAccount)?.Secrets?.Keys ?? []).Union(put.Secrets?.Keys ?? []);
                var channel = put.Channel with
                {
                    Sla = put.Channel.Sla is { } sla ? sla with { Version = state.Version + 1 } : null,
                    Sends = put.SendsWith is { Count: > 0 } needed && !needed.Except(secrets).Any(),
                };
                return Accept(new ChannelRegistered(channel, put.Secrets));

            case SuspendChannel suspend:
                return state.Channel(suspend.Channel, suspend.ChannelAccount) is not { } known
                    ? Refusals.UnknownChannelAccount(suspend.Channel, suspend.ChannelAccount)
                    : known.Suspended == suspend.Reason ? Accept() : Accept(new ChannelSuspended(suspend.Channel, suspend.ChannelAccount, suspend.Reason));

            case CreateKey create:
                return state.Keys.ContainsKey(create.Id)
                    ? Accept()
                    : Accept(new KeyCreated(new(create.Id, create.Hash, create.Name, create.Role, create.Agent, context.Now)));

            case RevokeKey revoke:
                return state.Keys.ContainsKey(revoke.Id) ? Accept(new KeyRevoked(revoke.Id)) : Refusals.NotFound("key");

            case PutCalendar put:
                return Put(state, put, context);

            case AddHolidays add:
                return Add(state, add, context);

            case PutPolicy put:
                return Put(state, put);

            case RemovePolicy remove:
                return Remove(state, remove);

            case ApplyToOpen apply:
                return Apply(state, apply);

            case FinishRun finish:
                return Finish(state, finish);

            default:
                return AccountRouting.Decide(state, command, context);
        }
    }

    public static AccountAnswer Answer(AccountSettings state) => new(state.Version);

    private static Decision<AccountEvent> Accept(params AccountEvent[] events) => new Decision<AccountEvent>.Accepted(events);

    /// <summary>Terms no conversation could keep (sla.md: targets are positive whole seconds); null if there is nothing wrong.</summary>
    private static string? Unkeepable(ChannelSettings channel) =>
        channel.Sla is { } sla && (sla.FirstResponse < 1 || sla.NextResponse < 1 || sla.Resolution < 1) ? "A target is a positive number of seconds."
        : channel.Sla is { WarnAt: not (>= 0 and <= 1) } ? "A warning is at a fraction of the target between 0 and 1."
        : channel.ReopenWindow < 0 ? "The reopen window is 0 seconds or more."
        : channel.AutoCloseAfter < 1 ? "The quiet time before closing is a positive number of seconds."
        : null;

    private static ChannelSettings Merge(AccountSettings state, ChannelRegistered e)
    {
        var secrets = new Dictionary<string, string>(state.Channel(e.Channel.Channel, e.Channel.ChannelAccount)?.Secrets ?? new Dictionary<string, string>());
        foreach (var (name, value) in e.Secrets ?? new Dictionary<string, string>())
        {
            secrets[name] = value;
        }

        return e.Channel with { Secrets = secrets };
    }

    private static Dictionary<string, T> With<T>(IReadOnlyDictionary<string, T> all, string key, T value) => new(all) { [key] = value };
}
