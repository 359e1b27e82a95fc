using Conversations.Channels;
using Conversations.Domain;
using Conversations.Engine;
using Conversations.Gateway.Administration;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Conversations.Gateway.Channels;

/// <summary>Registering accounts of channels (api.md 2).</summary>
internal static class ChannelEndpoints
{
    public static void MapChannels(this IEndpointRouteBuilder routes)
    {
        routes.MapPut("/v1/channels/{channel}/{channelAccount}", Put).WithName("putChannel").For(Role.Admin).WithTags("Administration")
            .WithSummary("Registers an account of a channel, or changes it").WithDescription("Secrets are write-only; those not named keep their value.")
            .ProducesProblem(400);
        routes.MapGet("/v1/channels/{channel}/{channelAccount}", Get).WithName("getChannel").For(Role.Admin, Role.Supervisor, Role.Integrator).WithTags("Administration")
            .WithSummary("One registered channel account").ProducesProblem(404);
        routes.MapGet("/v1/channels", List).WithName("listChannels").For(Role.Admin, Role.Supervisor, Role.Integrator).WithTags("Administration")
            .WithSummary("All registered channel accounts");
    }

    private static async Task<Results<Ok<ChannelView>, ProblemHttpResult>> Put(
        string channel, string channelAccount, ChannelRequest request, Caller caller, SettingsCache settings, SecretBox secrets,
        IEnumerable<IChannel> adapters, [AsParameters] AccountServices services)
    {
        var adapter = adapters.FirstOrDefault(a => a.Name == channel);
        if ((Input.Name("channel", channel, required: true) ?? Input.Name("channelAccount", channelAccount, required: true) ?? request.Check(adapter)) is { } refusal)
        {
            return Problems.Of(refusal);
        }

        var key = ChannelSettings.KeyOf(channel, channelAccount);
        var sealedSecrets = request.Secrets?.ToDictionary(s => s.Key, s => secrets.Protect(caller.Account, key, s.Value));
        var problem = await services.Send(caller, new PutChannel(request.ToSettings(channel, channelAccount), sealedSecrets, adapter?.Contract.SendsWith));
        return problem is not null
            ? problem
            : TypedResults.Ok(ChannelView.Of((await settings.Get(caller.Account, services.Http.RequestAborted)).Channel(channel, channelAccount)!));
    }

    private static async Task<Results<Ok<ChannelView>, ProblemHttpResult>> Get(
        string channel, string channelAccount, Caller caller, SettingsCache settings, CancellationToken cancellation) =>
        (await settings.Get(caller.Account, s => s.Channel(channel, channelAccount) is not null, cancellation)).Channel(channel, channelAccount) is { } known
            ? TypedResults.Ok(ChannelView.Of(known))
            : Problems.Of(Refusals.UnknownChannelAccount(channel, channelAccount));

    private static async Task<Ok<ChannelList>> List(Caller caller, SettingsCache settings, CancellationToken cancellation) =>
        TypedResults.Ok(new ChannelList([.. (await settings.Get(caller.Account, cancellation)).Channels.Values
            .OrderBy(c => c.Key, StringComparer.Ordinal).Select(ChannelView.Of)]));
}

public sealed record ChannelList(IReadOnlyList<ChannelView> Items);

/// <summary>How an account of a channel is to be handled. A PUT replaces everything but the secrets.</summary>
public sealed record ChannelRequest
{
    public string? Name { get; init; }

    /// <summary>Where new conversations go.</summary>
    public string? Queue { get; init; }

    /// <summary>The bot that holds new conversations until it hands off.</summary>
    public string? Bot { get; init; }

    public SlaRequest? Sla { get; init; }

    /// <summary>Seconds after closing in which a customer's message reopens the same episode. Default: 7 days.</summary>
    public int? ReopenWindow { get; init; }

    /// <summary>Seconds of quiet after which a conversation in which nobody waits closes itself. Default: never.</summary>
    public int? AutoCloseAfter { get; init; }

    public ReplyWindowRule? ReplyWindow { get; init; }

    /// <summary>Write-only.</summary>
    public IReadOnlyDictionary<string, string>? Secrets { get; init; }

    public IReadOnlyDictionary<string, string>? Options { get; init; }

    internal Refusal? Check(IChannel? adapter)
    {
        foreach (var (name, value) in Secrets ?? new Dictionary<string, string>())
        {
            if (adapter is not null && !adapter.Contract.Secrets.ContainsKey(name))
            {
                return Input.Invalid("unknown_secret", $"Channel '{adapter.Name}' has the secrets: {string.Join(", ", adapter.Contract.Secrets.Keys)}.");
            }

            if ((Input.Name("secrets", name, required: true) ?? Input.Text($"secrets.{name}", value, 10_000, required: true)) is { } wrong)
            {
                return wrong;
            }
        }

        foreach (var (name, value) in Options ?? new Dictionary<string, string>())
        {
            if (adapter is not null && !adapter.Contract.Options.ContainsKey(name))
            {
                return Input.Invalid("unknown_option", $"Channel '{adapter.Name}' has the options: {string.Join(", ", adapter.Contract.Options.Keys)}.");
            }

            if ((Input.Name("options", name, required: true) ?? Input.Text($"options.{name}", value, 2_000)) is { } wrong)
            {
                return wrong;
            }
        }

        return Input.Text("name", Name, Input.LongestName)
            ?? Input.Name("queue", Queue)
            ?? Input.Name("bot", Bot)
            ?? Sla?.Check()
            ?? (ReopenWindow < 0 || AutoCloseAfter <= 0 || ReplyWindow is { Standard: <= 0 } || ReplyWindow?.Human < ReplyWindow?.Standard
                ? Input.Invalid("invalid_value", "Durations are whole seconds and not negative.")
                : null);
    }

    internal ChannelSettings ToSettings(string channel, string channelAccount) => new(
        channel, channelAccount, Name, Conversations.Ids.Queue(Queue), Bot is { Length: > 0 } ? Bot : null, Sends: false, Sla?.ToTargets(), ReopenWindow, AutoCloseAfter,
        ReplyWindow, Options);
}

/// <summary>Promises in seconds of wall-clock time; null: not promised.</summary>
public sealed record SlaRequest
{
    public int? FirstResponse { get; init; }
    public int? NextResponse { get; init; }
    public int? Resolution { get; init; }

    /// <summary>When to warn, as a fraction of the target. Default 0.8.</summary>
    public double? WarnAt { get; init; }

    internal Refusal? Check() =>
        FirstResponse <= 0 || NextResponse <= 0 || Resolution <= 0 || WarnAt is <= 0 or >= 1
            ? Input.Invalid("invalid_value", "Targets are positive whole seconds; 'warnAt' lies between 0 and 1.")
            : null;

    internal SlaTargets ToTargets() => new("channel", 0, FirstResponse, NextResponse, Resolution, WarnAt ?? SlaTargets.Default.WarnAt);
}

/// <param name="Secrets">Names only.</param>
/// <param name="Sends">Replies are delivered by this system's adapter; otherwise the integrator delivers them from the feed.</param>
/// <param name="Suspended">Why sending has stopped; null while it works.</param>
public sealed record ChannelView(
    string Channel, string ChannelAccount, string? Name, QueueId? Queue, string? Bot, bool Sends, SlaTargets? Sla, int ReopenWindow, int? AutoCloseAfter,
    ReplyWindowRule? ReplyWindow, IReadOnlyList<string> Secrets, IReadOnlyDictionary<string, string> Options, string? Suspended)
{
    internal static ChannelView Of(ChannelSettings c) => new(
        c.Channel, c.ChannelAccount, c.Name, c.Queue, c.Bot, c.Sends, c.Sla, c.ReopenWindow ?? AccountSettings.DefaultReopenWindow, c.AutoCloseAfter,
        c.ReplyWindow ?? ReplyWindowRule.Of(c.Channel), [.. (c.Secrets?.Keys ?? []).Order(StringComparer.Ordinal)], c.Options ?? new Dictionary<string, string>(), c.Suspended);
}
