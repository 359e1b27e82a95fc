using System.Globalization;
using System.Security.Claims;
using Conversations.Domain;

namespace Conversations.Gateway.Auth;

/// <summary>Who is asking: the account and role that follow from the credential (api.md 1).</summary>
/// <param name="Id">Of the key or the token's subject; scopes Idempotency-Keys.</param>
/// <param name="Agent">The agent the caller acts as; always set for role agent.</param>
public sealed record Caller(AccountId Account, string Id, Role Role, AgentId? Agent)
{
    internal const string AccountClaim = "conversations/account", IdClaim = "conversations/id", RoleClaim = "conversations/role", AgentClaim = "conversations/agent", ExpiresClaim = "conversations/expires";

    public Actor Actor => Role switch
    {
        Role.Agent => new(ActorKind.Agent, Agent?.Value ?? Id),
        Role.Supervisor => new(ActorKind.Supervisor, Agent?.Value ?? Id),
        Role.Admin => new(ActorKind.Admin, Agent?.Value ?? Id),
        Role.Operator => new(ActorKind.Operator, Id),
        Role.Integrator => new(ActorKind.Integrator, Id),
    };

    /// <param name="expires">When the credential ends by itself, in UTC; null: never.</param>
    public ClaimsPrincipal ToPrincipal(string scheme, DateTime? expires = null)
    {
        var identity = new ClaimsIdentity(scheme);
        identity.AddClaim(new(AccountClaim, Account.Value));
        identity.AddClaim(new(IdClaim, Id));
        identity.AddClaim(new(RoleClaim, Role.ToString()));
        if (Agent is { } agent)
        {
            identity.AddClaim(new(AgentClaim, agent.Value));
        }

        if (expires is { } at)
        {
            identity.AddClaim(new(ExpiresClaim, new DateTimeOffset(at, TimeSpan.Zero).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)));
        }

        return new(identity);
    }

    public static Caller? From(ClaimsPrincipal? user) =>
        user?.FindFirstValue(AccountClaim) is { } account
        && user.FindFirstValue(IdClaim) is { } id
        && Enum.TryParse<Role>(user.FindFirstValue(RoleClaim), out var role)
            ? new(new(account), id, role, user.FindFirstValue(AgentClaim) is { } agent ? new AgentId(agent) : null)
            : null;

    /// <summary>Minimal APIs bind a <see cref="Caller"/> parameter with this; endpoints behind authentication always have one.</summary>
    public static ValueTask<Caller?> BindAsync(HttpContext context) => ValueTask.FromResult(From(context.User));
}
