using System.Text.Json;
using System.Text.Json.Serialization;
using Conversations.Domain;
using Conversations.Domain.Json;
using Conversations.Domain.Sla;
using NodaTime;

namespace Conversations.Engine;

/// <summary>
/// What an account's changes mean for every open conversation: policies applied to what runs (sla.md R-PO5), a calendar's new
/// version (R-PO7). A message in the account's outbox, worked through page by page; the page reached is kept with the message,
/// and each conversation takes its part once, so stopping anywhere loses and repeats nothing.
/// </summary>
public sealed class PromisesTarget(IEntities entities, IViews views, TimeProvider time) : IOutboxTarget
{
    private const string Apply = "promises/apply", Follow = "promises/follow", Order = "promises";

    /// <summary>Conversations asked at once: enough to share a flush, few beside what customers and agents do.</summary>
    private const int Page = 100, AtOnce = 8;

    private static readonly ConversationStatus[] Open = [ConversationStatus.Open, ConversationStatus.Pending, ConversationStatus.OnHold, ConversationStatus.Snoozed];

    public string Serves => "promises/";

    /// <summary>The message an account's event asks for; null: none. A calendar's first version is in use nowhere.</summary>
    internal static OutboxMessage? Of(Recorded<AccountEvent> recorded) => recorded.Event switch
    {
        ApplyingStarted e => new($"apply/{e.Run}", Apply, Order, Body(new(recorded.Actor, e.Run, Settings: recorded.Seq))),
        CalendarDefined { Version: > 1 } e => new(
            $"follow/{e.Calendar}/{e.Version}", Follow, Order, Body(new(recorded.Actor, $"{e.Calendar}/{e.Version}", e.Calendar, recorded.Seq))),
        _ => null,
    };

    public async ValueTask<Delivery> Deliver(OutboxEntry entry, Func<ValueTask> beginAttempt, CancellationToken cancellation)
    {
        var job = JsonSerializer.Deserialize(entry.Message.Body, PromisesJson.Default.PromisesJob)!;
        var reached = entry.Progress is { } kept ? JsonSerializer.Deserialize(kept, PromisesJson.Default.PromisesProgress)! : new(null, null, 0, 0);
        var page = await views.List(
            new(entry.Account, ConversationOrder.Created, Page, reached.Id is null ? null : new(reached.Sort!.Value, reached.Id), Open), cancellation);
        var changed = 0;
        foreach (var some in page.Items.Where(row => job.Calendar is not { } calendar || Uses(row, calendar)).Chunk(AtOnce))
        {
            foreach (var reply in await Task.WhenAll(some.Select(row => Ask(entry, job, row, cancellation))))
            {
                if (reply is null)
                {
                    return new Delivery.Wait("A conversation did not answer.", Instant.FromDateTimeOffset(time.GetUtcNow()) + Duration.FromSeconds(1));
                }

                changed += reply.Value ? 1 : 0;
            }
        }

        reached = new(page.Next?.Sort, page.Next?.Id, reached.Examined + page.Items.Count, reached.Changed + changed);
        return page.Next is not null ? new Delivery.Progressed(JsonSerializer.Serialize(reached, PromisesJson.Default.PromisesProgress))
            : job.Calendar is not null ? Delivery.Done.Instance
            : await Finish(entry, job, reached, cancellation);
    }

    /// <returns>Whether something changed; null: not known.</returns>
    private async Task<bool?> Ask(OutboxEntry entry, PromisesJob job, ConversationRow row, CancellationToken cancellation)
    {
        // A look that finds nothing leaves no trace.
        var (id, command) = job.Calendar is null
            ? ($"apply/{job.Name}/{row.Id}", (ConversationCommand)new ApplyPolicies())
            : ($"tick/follow/{job.Name}/{row.Id}", new Tick());
        return await entities.Send(entry.Account, row.Id, new(id, job.Actor, command, Strict: false, Settings: job.Settings), cancellation) switch
        {
            Reply<ConversationAnswer>.Done done => done.Answer.Seq > row.Seq,
            Reply<ConversationAnswer>.Refused => false, // over meanwhile
            _ => null,
        };
    }

    private async ValueTask<Delivery> Finish(OutboxEntry entry, PromisesJob job, PromisesProgress reached, CancellationToken cancellation) =>
        await entities.Send(
            entry.Account,
            new Envelope<AccountCommand>($"finish/{job.Name}", job.Actor, new FinishRun(job.Name, reached.Examined, reached.Changed), Strict: false),
            cancellation) is Reply<AccountAnswer>.Done
                ? Delivery.Done.Instance
                : new Delivery.Wait("The account did not answer.", Instant.FromDateTimeOffset(time.GetUtcNow()) + Duration.FromSeconds(1));

    private static bool Uses(ConversationRow row, CalendarId calendar) =>
        row.FirstResponse?.Calendar?.Id == calendar || row.NextResponse?.Calendar?.Id == calendar || row.Resolution?.Calendar?.Id == calendar
        || row.Sla is { } terms && (terms.FirstResponseIn?.Id == calendar || terms.NextResponseIn?.Id == calendar || terms.ResolutionIn?.Id == calendar);

    private static string Body(PromisesJob job) => JsonSerializer.Serialize(job, PromisesJson.Default.PromisesJob);
}

/// <param name="Actor">Who asked for it: it is them the conversations name.</param>
/// <param name="Settings">
/// The version of the configuration it is about: a conversation that looked with an older one would find nothing to do, and would
/// not be asked again.
/// </param>
internal sealed record PromisesJob(Actor Actor, string Name, CalendarId? Calendar = null, long? Settings = null);

/// <param name="Sort">Where the next page starts; likewise <paramref name="Id"/>.</param>
internal sealed record PromisesProgress(long? Sort, string? Id, long Examined, long Changed);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(InstantConverter), typeof(DurationConverter)])]
[JsonSerializable(typeof(PromisesJob))]
[JsonSerializable(typeof(PromisesProgress))]
internal sealed partial class PromisesJson : JsonSerializerContext;
