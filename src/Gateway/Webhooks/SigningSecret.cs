using Conversations.Domain;
using Conversations.Gateway.Auth;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Conversations.Gateway.Webhooks;

/// <summary>What a receiver checks signatures with.</summary>
internal static class SigningSecretEndpoint
{
    public static void MapSigningSecret(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/sla/signing-secret", Get).WithName("getSigningSecret").For(Role.Admin).WithTags("Promises")
            .WithSummary("The secret that calls to webhooks are signed with (Standard Webhooks)")
            .WithDescription("The same for every policy of the account. It follows from the installation's master key.");

    private static Ok<SigningSecret> Get(Caller caller, WebhookSecrets secrets) => TypedResults.Ok(new SigningSecret(secrets.Of(caller.Account)));
}

public sealed record SigningSecret(string Secret);
