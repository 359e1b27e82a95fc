using Conversations.Domain;
using Conversations.Engine;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Http;

namespace Conversations.Gateway.Feed;

/// <summary>What a caller watches, within what the caller may read.</summary>
internal sealed class Topics
{
    public const int Most = 200;

    /// <summary>A state topic: only the newest value is sent.</summary>
    public const string Wallboard = "wallboard";

    private const string Typing = "typing/";

    private readonly HashSet<string> _names;
    private readonly bool _settings;

    private Topics(Caller caller, IEnumerable<string> names)
    {
        Account = caller.Account;
        _names = [.. names];
        _settings = caller.Role == Role.Admin && _names.Contains("account");
    }

    public AccountId Account { get; }

    /// <summary>What a caller asks to watch, if the caller may.</summary>
    public static Refusal? Parse(Caller caller, IReadOnlyList<string> names, out Topics? topics)
    {
        topics = null;
        if (names.Count is 0 or > Most)
        {
            return Input.Invalid("invalid_topic", $"Name 1 to {Most} topics, for example topic=account.");
        }

        foreach (var name in names)
        {
            var slash = (name ?? "").IndexOf('/', StringComparison.Ordinal);
            var (kind, id) = slash < 0 ? (name ?? "", "") : (name![..slash], name[(slash + 1)..]);
            if (kind is not ("account" or "conversation" or "agent" or "queue" or "job" or "typing" or Wallboard) || (kind is "account" or Wallboard) != (slash < 0)
                || (slash >= 0 && id.Length is 0 or > Input.LongestName) || (kind == "typing" && Input.Name("topic", id) is not null))
            {
                return Input.Invalid("invalid_topic", "A topic is conversation/{id}, agent/{id}, queue/{id}, job/{id}, typing/{conversation}, account or wallboard.");
            }

            if (caller.Role == Role.Agent && (kind is "account" or "job" || (kind == "agent" && id != caller.Agent?.Value)))
            {
                return new("forbidden_topic", $"An agent may not watch '{name}'.", RefusalKind.Conflict);
            }
        }

        topics = new(caller, names);
        return null;
    }

    /// <summary>A state topic: who is at a conversation.</summary>
    public static string TypingOf(ConversationId conversation) => Typing + conversation.Value;

    public static bool IsTyping(string topic) => topic.StartsWith(Typing, StringComparison.Ordinal);

    /// <summary>The names watched.</summary>
    public IReadOnlyCollection<string> Names => _names;

    /// <summary>The topics an entry belongs to: its entity's, those of the queues and agents concerned, the account's.</summary>
    public static IEnumerable<string> Of(FeedEntry entry)
    {
        yield return "account";
        if (entry.Entity.Kind == AccountType.Name)
        {
            yield break;
        }

        yield return $"{entry.Entity.Kind}/{entry.Entity.Id}";
        foreach (var other in entry.Event.Topics?.Split(' ') ?? [])
        {
            yield return other;
        }
    }

    /// <summary>Whether the caller may see an entry of a topic it watches: configuration is for admins.</summary>
    public bool MaySee(FeedEntry entry) => Change.IsPublic(entry) && (_settings || entry.Entity.Kind != AccountType.Name);

    public bool Match(FeedEntry entry) => entry.Entity.Account == Account && MaySee(entry) && Of(entry).Any(_names.Contains);
}

internal static class FeedLiveness
{
    /// <summary>An open feed on <c>agent/{id}</c> of the agent itself counts as a heartbeat (api.md 5); it is read at least as often as it pings.</summary>
    public static async ValueTask Seen(this AgentLiveness liveness, Caller caller, Topics topics, CancellationToken cancellation)
    {
        if (caller is { Role: Role.Agent, Agent: { } agent } && topics.Names.Contains($"agent/{agent}"))
        {
            await liveness.Seen(caller.Account, agent, caller.Actor, cancellation);
        }
    }
}
