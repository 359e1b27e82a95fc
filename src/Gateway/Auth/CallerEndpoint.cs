using System.Globalization;
using Conversations.Domain;
using Microsoft.AspNetCore.Http.HttpResults;
using NodaTime;

namespace Conversations.Gateway.Auth;

/// <summary>Tells whoever holds a credential what it is good for.</summary>
internal static class CallerEndpoint
{
    public static void MapCaller(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/me", Get).WithName("getCaller").For(Enum.GetValues<Role>()).WithTags("Administration").WithSummary("Who the credential belongs to and what it may do");

    private static Ok<CallerView> Get(Caller caller, HttpContext context) => TypedResults.Ok(new CallerView(
        caller.Account, caller.Id, caller.Role, caller.Agent,
        context.User.FindFirst(Caller.ExpiresClaim) is { Value: var expires } ? Instant.FromUnixTimeSeconds(long.Parse(expires, CultureInfo.InvariantCulture)) : null));
}

/// <param name="Id">Of the key, or the token's subject.</param>
/// <param name="Agent">The agent the caller acts as; null: none.</param>
/// <param name="ExpiresAt">When the credential ends by itself; null: never.</param>
public sealed record CallerView(AccountId Account, string Id, Role Role, AgentId? Agent, Instant? ExpiresAt);
