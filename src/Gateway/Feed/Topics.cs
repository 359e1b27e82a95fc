using Conversations.Domain;
using Conversations.Engine;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Http;

namespace Conversations.Gateway.Feed;

/// <summary>What a caller watches, within what the caller may read.</summary>
internal sealed class Topics
{
    public const int Most = 200;

    private readonly HashSet<string> _names;
    private readonly bool _all;
    private readonly bool _settings;

    private Topics(Caller caller, IEnumerable<string> names)
    {
        Account = caller.Account;
        _names = [.. names];
        _all = _names.Contains("account");
        _settings = _all && caller.Role == Role.Admin;
    }

    public AccountId Account { get; }

    /// <summary>The agent whose own topic is among them: watching it is a sign of life (api.md 5).</summary>
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
            if (kind is not ("account" or "conversation" or "agent" or "queue") || (kind == "account") != (slash < 0) || (slash >= 0 && id.Length is 0 or > Input.LongestName))
            {
                return Input.Invalid("invalid_topic", "A topic is conversation/{id}, agent/{id}, queue/{id} or account.");
            }

            if (caller.Role == Role.Agent && (kind == "account" || (kind == "agent" && id != caller.Agent?.Value)))
            {
                return new("forbidden_topic", $"An agent may not watch '{name}'.", RefusalKind.Conflict);
            }
        }

        topics = new(caller, names);
        return null;
    }

    public bool Match(FeedEntry entry)
    {
        if (entry.Entity.Account != Account || !Change.IsPublic(entry))
        {
            return false;
        }

        if (entry.Entity.Kind == AccountType.Name)
        {
            return _settings;
        }

        if (_all || _names.Contains($"{entry.Entity.Kind}/{entry.Entity.Id}"))
        {
            return true;
        }

        if (entry.Event.Topics is { } others)
        {
            foreach (var range in others.AsSpan().Split(' '))
            {
                if (_names.GetAlternateLookup<ReadOnlySpan<char>>().Contains(others.AsSpan(range)))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
