using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Conversations.Channels;
using Conversations.Domain;
using Conversations.Engine;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Conversations.Gateway.Inbound;

internal static class InboundEndpoints
{
    private const long LargestBatch = 32 << 20;
    private const int MostLines = 1_000, AtOnce = 64;

    public static void MapInbound(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/inbound", Receive).WithName("receiveMessage").For(Role.Integrator, Role.Admin).WithTags("Inbound")
            .WithSummary("Takes one message of any channel")
            .WithDescription("429 queue_full: the message is kept, its conversation is not let into the queue, and the customer's next message tries again. "
                + "Only where the queue's overflow rules say refuse.")
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(429).ProducesProblem(503);
        routes.MapPost("/v1/inbound:batch", ReceiveBatch).WithName("receiveMessages").For(Role.Integrator, Role.Admin).WithTags("Inbound")
            .WithSummary("Takes up to 1,000 messages as NDJSON; answers one line for each, in order")
            .WithMetadata(new RequestSizeLimitAttribute(LargestBatch))
            .Accepts<InboundRequest>("application/x-ndjson").Produces<InboundResponse>(200, "application/x-ndjson").ProducesProblem(413);
        routes.MapPost("/v1/inbound:change", Change).WithName("receiveChange").For(Role.Integrator, Role.Admin).WithTags("Inbound")
            .WithSummary("Takes an edit, delete, reaction or receipt of a message, also before the message itself").ProducesProblem(400).ProducesProblem(404);
    }

    private static async Task<Results<Ok<InboundResponse>, ProblemHttpResult>> Receive(
        InboundRequest request, Caller caller, Ingress ingress, QueueAdmission admission, HttpContext context)
    {
        if (request.Check() is { } refusal)
        {
            return Problems.Of(refusal);
        }

        return await ingress.Receive(caller.Account, request.Address, request.ToMessage(), context.RequestAborted) switch
        {
            IngressResult.Accepted accepted when await Full(request, accepted.Answer, caller, admission, context) is { } full => full,
            IngressResult.Accepted accepted => Answer(accepted, context),
            var failure => Problems.Of(failure),
        };
    }

    /// <summary>The message is durable whatever the queue says (routing.md 7): whoever brought it hears what to tell the customer.</summary>
    private static async ValueTask<ProblemHttpResult?> Full(
        InboundRequest request, ConversationAnswer answer, Caller caller, QueueAdmission admission, HttpContext context) =>
        await admission.Refused(caller.Account, answer, MessageKey.Of(request.Address, request.ExternalId), context.RequestAborted) is { } reason
            ? Problems.Of(
                StatusCodes.Status429TooManyRequests, reason, "The message is kept. Its conversation was not let into the queue; the customer's next message tries again.",
                InboundResponse.Of(answer, replayed: false))
            : null;

    private static Ok<InboundResponse> Answer(IngressResult.Accepted accepted, HttpContext context)
    {
        if (accepted.Replayed)
        {
            context.Response.Headers["Idempotency-Replayed"] = "true";
        }

        return TypedResults.Ok(InboundResponse.Of(accepted.Answer, accepted.Replayed));
    }

    private static async Task<Results<Ok<ChangeResponse>, ProblemHttpResult>> Change(
        ChangeRequest request, Caller caller, Ingress ingress, SettingsCache settings, HttpContext context)
    {
        if (request.Check() is { } refusal)
        {
            return Problems.Of(refusal);
        }

        if ((await settings.Get(caller.Account, s => s.Channel(request.Channel, request.ChannelAccount) is not null, context.RequestAborted))
            .Channel(request.Channel, request.ChannelAccount) is null)
        {
            return Problems.Of(Refusals.UnknownChannelAccount(request.Channel, request.ChannelAccount));
        }

        return await ingress.Change(
            caller.Account, request.Channel, request.ChannelAccount, request.EventId, request.ExternalId, request.ToChange(), caller.Actor, context.RequestAborted) switch
        {
            IngressResult.Accepted accepted => TypedResults.Ok(new ChangeResponse(
                accepted.Answer.Seq > 0 ? accepted.Answer.Conversation : null, accepted.Answer.Seq > 0 ? accepted.Answer.Seq : null, accepted.Replayed)),
            var failure => Problems.Of(failure),
        };
    }

    /// <summary>Lines of one thread are taken in their order, different threads side by side. One bad line fails only itself.</summary>
    private static async Task<IResult> ReceiveBatch(Caller caller, Ingress ingress, QueueAdmission admission, HttpContext context)
    {
        var lines = await ReadLines(context.Request.BodyReader, context.RequestAborted);
        if (lines.Count > MostLines)
        {
            return Problems.Of(400, "too_many_lines", $"A batch has at most {MostLines:N0} lines.");
        }

        using var room = new SemaphoreSlim(AtOnce);
        var lastOfThread = new Dictionary<Address, Task>();
        var answers = new List<Task<object>>(lines.Count);
        foreach (var line in lines)
        {
            var (request, problem) = Parse(line);
            if (request is null)
            {
                answers.Add(Task.FromResult<object>(problem!));
                continue;
            }

            await room.WaitAsync(CancellationToken.None); // lines under way use the room to their end
            var before = lastOfThread.GetValueOrDefault(request.Address, Task.CompletedTask);
            var answer = ReceiveLine(request, before, caller, ingress, admission, room, context);
            lastOfThread[request.Address] = answer;
            answers.Add(answer);
        }

        context.Response.ContentType = "application/x-ndjson";
        foreach (var answer in await Task.WhenAll(answers))
        {
            await JsonSerializer.SerializeAsync(context.Response.Body, answer, ApiJson.Options, context.RequestAborted);
            await context.Response.Body.WriteAsync("\n"u8.ToArray(), context.RequestAborted);
        }

        return TypedResults.Empty;
    }

    private static async Task<object> ReceiveLine(
        InboundRequest request, Task before, Caller caller, Ingress ingress, QueueAdmission admission, SemaphoreSlim room, HttpContext context)
    {
        try
        {
            await before;
            return await ingress.Receive(caller.Account, request.Address, request.ToMessage(), context.RequestAborted) switch
            {
                IngressResult.Accepted accepted when await Full(request, accepted.Answer, caller, admission, context) is { } full => full.ProblemDetails,
                IngressResult.Accepted accepted => InboundResponse.Of(accepted.Answer, accepted.Replayed),
                var failure => Problems.Of(failure).ProblemDetails,
            };
        }
#pragma warning disable CA1031 // One failing line fails only itself, whatever failed.
        catch (Exception)
#pragma warning restore CA1031
        {
            return Problems.OutcomeUnknown().ProblemDetails;
        }
        finally
        {
            room.Release();
        }
    }

    private static (InboundRequest? Request, ProblemDetails? Problem) Parse(byte[] line)
    {
        try
        {
            var request = JsonSerializer.Deserialize<InboundRequest>(line, ApiJson.Options);
            return request is null ? (null, Problems.Of(Input.Invalid("malformed_json", "A line is one JSON object.")).ProblemDetails)
                : request.Check() is { } refusal ? (null, Problems.Of(refusal).ProblemDetails)
                : (request, null);
        }
        catch (JsonException failure)
        {
            return (null, Problems.Of(Unreadable.Of(failure)).ProblemDetails);
        }
    }

    private static async Task<List<byte[]>> ReadLines(PipeReader reader, CancellationToken cancellation)
    {
        var lines = new List<byte[]>();
        while (true)
        {
            var read = await reader.ReadAsync(cancellation);
            var buffer = read.Buffer;
            while (lines.Count <= MostLines && buffer.PositionOf((byte)'\n') is { } end)
            {
                Add(lines, buffer.Slice(0, end));
                buffer = buffer.Slice(buffer.GetPosition(1, end));
            }

            if (lines.Count > MostLines)
            {
                reader.AdvanceTo(buffer.Start, buffer.Start);
                return lines; // refused by their number: no need to read on
            }

            if (read.IsCompleted)
            {
                Add(lines, buffer);
                reader.AdvanceTo(buffer.End);
                return lines;
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private static void Add(List<byte[]> lines, ReadOnlySequence<byte> line)
    {
        var bytes = line.ToArray();
        if (bytes.AsSpan().Trim(" \r\t"u8).Length > 0)
        {
            lines.Add(bytes);
        }
    }
}
