using Conversations.Domain;
using Conversations.Engine;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Conversations.Gateway.Administration;

/// <summary>What every endpoint that changes an account's configuration needs.</summary>
internal sealed record AccountServices(IEntities Entities, HttpContext Http)
{
    /// <returns>Null when it was done.</returns>
    public async Task<ProblemHttpResult?> Send(Caller caller, AccountCommand command, AccountId? account = null, string? commandId = null)
    {
        if (Input.CommandId(Http.Request, caller, out var made) is { } refusal)
        {
            return Problems.Of(refusal);
        }

        switch (await Entities.Send(account ?? caller.Account, new Envelope<AccountCommand>(commandId ?? made, caller.Actor, command, Strict: true), Http.RequestAborted))
        {
            case Reply<AccountAnswer>.Done done:
                Http.Response.Headers.ETag = $"\"{done.Answer.Seq}\"";
                if (done.Replayed)
                {
                    Http.Response.Headers["Idempotency-Replayed"] = "true";
                }

                return null;
            case Reply<AccountAnswer>.Refused refused:
                return Problems.Of(refused.Refusal);
            case Reply<AccountAnswer>.Overloaded:
                return Problems.Overloaded();
            default:
                return Problems.OutcomeUnknown();
        }
    }
}
