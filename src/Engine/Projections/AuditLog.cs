using System.Globalization;
using System.Text.Json;
using Conversations.Domain;
using NodaTime;

namespace Conversations.Engine;

/// <summary>Who did what in configuration and supervision, newest first.</summary>
public sealed class AuditLog(IProjections projections, IJournal journal)
{
    /// <summary>References looked through for one page, before it ends early with a cursor.</summary>
    private const int MostLooked = 5_000;

    private const int Step = 500;

    /// <param name="Kind">Of entity, for example <c>account</c> or <c>job</c>.</param>
    /// <param name="Until">Exclusive.</param>
    /// <param name="Before">A <see cref="Page.Next"/>.</param>
    public sealed record Query(AccountId Account, int Limit, string? Actor = null, string? Kind = null, Instant? From = null, Instant? Until = null, string? Before = null);

    /// <param name="Next">Where the next page starts; null when this was the last.</param>
    public sealed record Page(IReadOnlyList<Entry> Items, string? Next);

    public sealed record Entry(EntityKey Entity, StoredEvent Event);

    public async ValueTask<Page> Read(Query query, CancellationToken cancellation)
    {
        List<Entry> entries = [];
        var below = query.Before ?? Bound(query.Until);
        for (var looked = 0; looked < MostLooked; looked += Step)
        {
            var rows = await projections.Read(
                new(AuditProjection.ProjectionName, AuditProjection.Section, query.Account, Bound(query.From), below, Descending: true, Step), cancellation);
            foreach (var row in rows)
            {
                below = row.Key;
                var reference = JsonSerializer.Deserialize(row.Body, AuditJson.Default.AuditReference)!;
                if ((query.Actor is null || query.Actor == reference.Actor) && (query.Kind is null || query.Kind == reference.Kind))
                {
                    var entity = new EntityKey(query.Account, reference.Kind, reference.Id);
                    entries.AddRange((await journal.ReadEvents(entity, reference.Seq - 1, 1, descending: false, cancellation)).Select(e => new Entry(entity, e)));
                    if (entries.Count == query.Limit)
                    {
                        return new(entries, below);
                    }
                }
            }

            if (rows.Count < Step)
            {
                return new(entries, null);
            }
        }

        return new(entries, below);
    }

    /// <summary>A key before all of that instant and after all before it.</summary>
    private static string? Bound(Instant? at) => at is { } instant ? Math.Max(0, instant.ToUnixTimeMilliseconds()).ToString("D14", CultureInfo.InvariantCulture) : null;
}
