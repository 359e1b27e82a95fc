using Conversations.Domain;
using Conversations.Engine;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Conversations;
using Conversations.Gateway.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using NodaTime;

namespace Conversations.Gateway.Administration;

internal static class KeyEndpoints
{
    public static void MapKeys(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/keys", Create).WithName("createKey").For(Role.Admin).WithTags("Administration")
            .WithSummary("Makes an API key; it is shown in this answer only")
            .WithDescription("Admins of account 'default' may name another account, which is thereby created.").ProducesProblem(400).ProducesProblem(403);
        routes.MapGet("/v1/keys", List).WithName("listKeys").For(Role.Admin).WithTags("Administration").WithSummary("The account's keys, without their secrets");
        routes.MapDelete("/v1/keys/{id}", Revoke).WithName("revokeKey").For(Role.Admin).WithTags("Administration").WithSummary("Revokes a key at once").ProducesProblem(404);
    }

    private static async Task<Results<Created<NewKeyView>, ProblemHttpResult>> Create(
        KeyRequest request, Caller caller, ApiKeys keys, [AsParameters] AccountServices services)
    {
        var unusable = Input.CommandId(services.Http.Request, caller, out var commandId);
        if ((request.Check() ?? unusable) is { } refusal)
        {
            return Problems.Of(refusal);
        }

        var account = request.Account is { Length: > 0 } named ? new AccountId(named) : caller.Account;
        if (account != caller.Account && caller.Account != AccountId.Default)
        {
            return Problems.Of(403, "forbidden", "Only admins of account 'default' make keys for other accounts.");
        }

        var (id, key) = keys.Make(account, commandId);
        var problem = await services.Send(caller, request.ToCommand(id, ApiKeys.HashOf(key)), account, commandId);
        return problem is not null
            ? problem
            : TypedResults.Created($"/v1/keys/{id}", new NewKeyView(id, key, account, request.Name, request.Role, Ids.Agent(request.Agent)));
    }

    private static async Task<Ok<KeyList>> List(Caller caller, SettingsCache settings, CancellationToken cancellation) =>
        TypedResults.Ok(new KeyList([.. (await settings.Get(caller.Account, cancellation)).Keys.Values
            .OrderBy(k => k.CreatedAt).Select(k => new KeyView(k.Id, k.Name, k.Role, k.Agent, k.CreatedAt))]));

    private static async Task<Results<NoContent, ProblemHttpResult>> Revoke(string id, Caller caller, [AsParameters] AccountServices services) =>
        await services.Send(caller, new RevokeKey(id)) is { } problem ? problem : TypedResults.NoContent();
}

public sealed record KeyRequest
{
    public required string Name { get; init; }
    public required Role Role { get; init; }

    /// <summary>Who the key acts as; needed for role agent.</summary>
    public string? Agent { get; init; }

    public string? Account { get; init; }

    internal Refusal? Check() =>
        Input.Text("name", Name, Input.LongestName, required: true)
        ?? Input.Name("agent", Agent, required: Role == Role.Agent)
        ?? Input.Name("account", Account)
        ?? (Account?.Contains('.', StringComparison.Ordinal) == true ? Input.Invalid("invalid_id", "'account' has no dots.") : null);

    internal CreateKey ToCommand(string id, string hash) => new(id, hash, Name, Role, Ids.Agent(Agent));
}

/// <param name="Key">Shown once.</param>
public sealed record NewKeyView(string Id, string Key, AccountId Account, string Name, Role Role, AgentId? Agent);

public sealed record KeyView(string Id, string Name, Role Role, AgentId? Agent, Instant CreatedAt);

public sealed record KeyList(IReadOnlyList<KeyView> Items);
