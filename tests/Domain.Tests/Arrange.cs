using NodaTime;

namespace Conversations.Domain.Tests;

/// <summary>Accounts, channels and people the scenarios use.</summary>
internal static class Arrange
{
    public static readonly Instant Noon = Instant.FromUtc(2026, 11, 21, 12, 0);
    public static readonly AccountId Account = new("acme");
    public static readonly QueueId Care = new("care");
    public static readonly QueueId Billing = new("billing");
    public static readonly AgentId Ann = new("ann");
    public static readonly AgentId Ben = new("ben");
    public static readonly Actor AnnActing = new(ActorKind.Agent, "ann");
    public static readonly Author Ada = new("u-7", "Ada", "@ada", 120);

    /// <summary>A web chat whose replies the integrator delivers: a reply counts as sent with its commit.</summary>
    public static ChannelSettings WebChat => new("webchat", "acme", Queue: Care, Sla: SlaTargets.Default);

    /// <summary>A channel with an adapter here: replies are queued until it reports.</summary>
    public static ChannelSettings Sending(string channel = "telegram") => WebChat with { Channel = channel, Sends = true };

    public static AccountSettings Settings(params ChannelSettings[] channels) => AccountSettings.Empty(Account) with
    {
        Version = 3,
        Channels = channels.ToDictionary(c => c.Key),
    };

    public static Address AddressOn(ChannelSettings channel) => new(channel.Channel, channel.ChannelAccount, "visitor-7");

    /// <summary>A time of the scenarios' day, for example <c>12:30</c> or <c>12:30:15.250</c>.</summary>
    public static Instant Clock(string time) =>
        Noon - Duration.FromHours(12) + Duration.FromTimeSpan(TimeSpan.Parse(time, System.Globalization.CultureInfo.InvariantCulture));
}
