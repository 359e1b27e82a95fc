using System.Text.Json;
using Conversations.Domain.Json;
using Conversations.Domain.Sla;

namespace Conversations.Domain;

/// <summary>Defines a calendar, or changes it: a new version, from now on. The same as it is already is no change.</summary>
public sealed record PutCalendar(CalendarId Calendar, string? Name, CalendarDefinition Definition) : AccountCommand;

public sealed record CalendarDefined(CalendarId Calendar, int Version, string? Name, CalendarDefinition Definition) : AccountEvent;

public sealed partial record AccountSettings
{
    /// <summary>Every version of every calendar, oldest first; null in what was stored before there were any.</summary>
    public IReadOnlyDictionary<CalendarId, IReadOnlyList<CalendarVersion>>? Calendars { get; init; }

    /// <summary>The calendar as it is now.</summary>
    public CalendarVersion? Calendar(CalendarId id) => Calendars?.GetValueOrDefault(id) is { } versions ? versions[^1] : null;

    /// <summary>The calendar as it was in one version.</summary>
    public CalendarVersion? Calendar(CalendarId id, int version) =>
        Calendars?.GetValueOrDefault(id) is { } versions && version >= 1 && version <= versions.Count ? versions[version - 1] : null;
}

public static partial class Account
{
    private static Decision<AccountEvent> Put(AccountSettings state, PutCalendar put, Context context)
    {
        if (CalendarDefinition.Validate(put.Definition, context.Now) is { } refusal)
        {
            return refusal;
        }

        var known = state.Calendar(put.Calendar);
        return known is not null && known.Name == put.Name && Same(known.Definition, put.Definition)
            ? Accept()
            : Accept(new CalendarDefined(put.Calendar, (known?.Version ?? 0) + 1, put.Name, put.Definition));
    }

    private static AccountSettings Defined(AccountSettings state, Recorded<AccountEvent> recorded, CalendarDefined e)
    {
        IReadOnlyList<CalendarVersion> earlier = state.Calendars?.GetValueOrDefault(e.Calendar) ?? [];
        return earlier.Count != e.Version - 1
            ? state // not a history of ours
            : state with
            {
                Calendars = new Dictionary<CalendarId, IReadOnlyList<CalendarVersion>>(state.Calendars ?? new Dictionary<CalendarId, IReadOnlyList<CalendarVersion>>())
                {
                    [e.Calendar] = [.. earlier, new(e.Calendar, e.Version, e.Name, e.Definition, recorded.At)],
                },
            };
    }

    /// <summary>As they are stored: collections compare by what is in them.</summary>
    private static bool Same(CalendarDefinition a, CalendarDefinition b) =>
        JsonSerializer.SerializeToUtf8Bytes(a, DomainJson.Contract.CalendarDefinition).AsSpan()
            .SequenceEqual(JsonSerializer.SerializeToUtf8Bytes(b, DomainJson.Contract.CalendarDefinition));
}
