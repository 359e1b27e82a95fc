using System.Globalization;
using System.Text.Json;
using Conversations.Domain;
using Conversations.Engine;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using NodaTime;

namespace Conversations.Gateway.BulkJobs;

/// <summary>One thing done to many conversations (routing.md 9).</summary>
internal static class BulkJobEndpoints
{
    private static readonly Role[] Supervision = [Role.Supervisor, Role.Admin];

    /// <summary>Chunks looked through for one page of items with a given result, before the page ends early with a cursor.</summary>
    private const int MostChunks = 50;

    public static void MapBulkJobs(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/bulk-jobs", Start).WithName("startBulkJob").For(Supervision).WithTags("Supervision")
            .WithSummary("Does one thing to many conversations")
            .WithDescription("Which ones is settled when it starts; those that change before their turn are skipped. Progress: topic job/{id} of the feed.")
            .ProducesProblem(400);
        routes.MapGet("/v1/bulk-jobs/{id}", Get).WithName("getBulkJob").For(Supervision).WithTags("Supervision")
            .WithSummary("A bulk job and how far it is").ProducesProblem(404);
        routes.MapGet("/v1/bulk-jobs/{id}/items", Items).WithName("listBulkJobItems").For(Supervision).WithTags("Supervision")
            .WithSummary("What became of each conversation")
            .WithDescription("result: done, skipped_changed, no_capacity or failed; a page may then hold fewer than limit, and go on.")
            .ProducesProblem(400).ProducesProblem(404);
        routes.MapPost("/v1/bulk-jobs/{id}/cancel", (string id, Caller caller, [AsParameters] JobServices services) => services.Send(id, new CancelJob(), caller))
            .WithName("cancelBulkJob").For(Supervision).WithTags("Supervision")
            .WithSummary("Ends it early; what is done stays done").ProducesProblem(404);
        routes.MapPost("/v1/bulk-jobs/{id}/undo", (string id, Caller caller, [AsParameters] JobServices services) => services.Send(id, new UndoJob(), caller))
            .WithName("undoBulkJob").For(Supervision).WithTags("Supervision")
            .WithSummary("Takes it back, for 10 minutes, where nothing has changed since").ProducesProblem(404).ProducesProblem(409).ProducesProblem(410);
    }

    private static async Task<Results<Accepted<BulkJobAccepted>, ProblemHttpResult>> Start(
        BulkJobRequest request, Caller caller, [AsParameters] JobServices services)
    {
        var unusable = Input.CommandId(services.Http.Request, caller, out var commandId);
        if ((request.Check() ?? unusable) is { } refusal)
        {
            return Problems.Of(refusal);
        }

        var (answer, problem) = await services.Ask(JobId.Of(caller.Account, commandId), request.ToCommand(), caller, commandId);
        return problem is not null
            ? problem
            : TypedResults.Accepted($"/v1/bulk-jobs/{answer!.Job}", new BulkJobAccepted(answer.Job, answer.Status, answer.CreatedAt));
    }

    private static async Task<Results<Ok<BulkJobView>, ProblemHttpResult>> Get(string id, Caller caller, [AsParameters] JobServices services) =>
        await services.Find(id, caller) is { } job ? TypedResults.Ok(services.View(job)) : Problems.NotFound("bulk job");

    private static async Task<Results<Ok<BulkItemList>, ProblemHttpResult>> Items(
        string id, Caller caller, [AsParameters] JobServices services, string? result = null, string? cursor = null, int limit = 50)
    {
        ItemOutcome? only = null;
        if (result is { Length: > 0 })
        {
            var known = Enum.GetValues<ItemOutcome>().Where(o => o != ItemOutcome.NotDone).ToDictionary(o => JsonNamingPolicy.SnakeCaseLower.ConvertName(o.ToString()));
            if (!known.TryGetValue(result, out var outcome))
            {
                return Problems.Of(Input.Invalid("invalid_query", $"'result' is one of: {string.Join(", ", known.Keys)}."));
            }

            only = outcome;
        }

        var from = 0;
        if ((Input.Limit(limit) ?? (cursor is { Length: > 0 } && !int.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out from)
            ? Input.Invalid("invalid_cursor", "The cursor is not one of this list.") : null)) is { } refusal)
        {
            return Problems.Of(refusal);
        }

        return await services.Find(id, caller) is { } job
            ? TypedResults.Ok(await Page(job, from, limit, only, services.History, services.Http.RequestAborted))
            : Problems.NotFound("bulk job");
    }

    private static async ValueTask<BulkItemList> Page(Job job, int from, int limit, ItemOutcome? only, JobHistory history, CancellationToken cancellation)
    {
        List<BulkItemView> page = [];
        var at = from;
        for (var looked = 0; looked < MostChunks && page.Count < limit && at < job.Total; looked++)
        {
            var chunk = at / Job.ChunkSize;
            var items = (await history.Frozen(job, chunk, 1, cancellation))[0];
            var results = await history.Results(job, chunk, 1, cancellation) is [var first] ? first : null;
            var undone = await history.Undone(job, chunk, 1, cancellation) is [var second] ? second : null;
            for (var i = at % Job.ChunkSize; i < items.Count && page.Count < limit; i++, at++)
            {
                if (only is null || results?[i].Outcome == only)
                {
                    page.Add(BulkItemView.Of(items[i], results?[i], undone?[i]));
                }
            }
        }

        return new(page, at < job.Total ? at.ToString(CultureInfo.InvariantCulture) : null);
    }
}

/// <summary>What every endpoint of bulk jobs needs.</summary>
internal sealed record JobServices(IEntities Entities, JobHistory History, TimeProvider Time, HttpContext Http)
{
    /// <returns>Null if there is none in the caller's account.</returns>
    public async ValueTask<Job?> Find(string id, Caller caller) =>
        await History.Find(caller.Account, JobId.Of(id), Http.RequestAborted) is { Exists: true } job ? job : null;

    public BulkJobView View(Job job) => BulkJobView.Of(job, Instant.FromDateTimeOffset(Time.GetUtcNow()));

    public async Task<Results<Ok<BulkJobView>, ProblemHttpResult>> Send(string id, JobCommand command, Caller caller)
    {
        if (Input.CommandId(Http.Request, caller, out var commandId) is { } refusal)
        {
            return Problems.Of(refusal);
        }

        var (_, problem) = await Ask(JobId.Of(id), command, caller, commandId);
        return problem is not null ? problem
            : await Find(id, caller) is { } job ? TypedResults.Ok(View(job))
            : Problems.NotFound("bulk job");
    }

    public async Task<(JobAnswer? Answer, ProblemHttpResult? Problem)> Ask(JobId id, JobCommand command, Caller caller, string commandId)
    {
        switch (await Entities.Send(caller.Account, id, new Envelope<JobCommand>(commandId, caller.Actor, command), Http.RequestAborted))
        {
            case Reply<JobAnswer>.Done done:
                if (done.Replayed)
                {
                    Http.Response.Headers["Idempotency-Replayed"] = "true";
                }

                return (done.Answer, null);
            case Reply<JobAnswer>.Refused refused:
                return (null, Problems.Of(refused.Refusal));
            case Reply<JobAnswer>.Overloaded:
                return (null, Problems.Overloaded());
            default:
                return (null, Problems.OutcomeUnknown());
        }
    }
}
