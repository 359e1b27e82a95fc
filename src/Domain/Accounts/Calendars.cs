using System.Text.Json;
using Conversations.Domain.Json;
using Conversations.Domain.Sla;
using NodaTime;

namespace Conversations.Domain;

/// <summary>Defines a calendar, or changes it: a new version, from now on. The same as it is already is no change.</summary>
/// <param name="IfVersion">The version the caller saw, so that two people never overwrite each other; null: whatever it is.</param>
public sealed record PutCalendar(CalendarId Calendar, string? Name, CalendarDefinition Definition, long? IfVersion = null) : AccountCommand;

/// <summary>Adds holidays to those a calendar has; a name given replaces the one it had.</summary>
public sealed record AddHolidays(CalendarId Calendar, IReadOnlyList<Holiday> Holidays) : AccountCommand;

public sealed record Holiday(LocalDate Date, string? Name);

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
    /// <summary>Every version of each is kept and goes with the account's configuration to every process.</summary>
    public const int MostCalendars = 200;

    private static Decision<AccountEvent> Put(AccountSettings state, PutCalendar put, Context context)
    {
        if (CalendarDefinition.Validate(put.Definition, context.Now) is { } refusal)
        {
            return refusal;
        }

        var known = state.Calendar(put.Calendar);
        if (put.IfVersion is { } seen && seen != (known?.Version ?? 0))
        {
            return Refusals.VersionConflict(known?.Version ?? 0);
        }

        if (known is null && state.Calendars?.Count >= MostCalendars)
        {
            return new Refusal("too_many_calendars", $"An account has at most {MostCalendars} calendars.", RefusalKind.Invalid);
        }

        return known is not null && known.Name == put.Name && Same(known.Definition, put.Definition)
            ? Accept()
            : Accept(new CalendarDefined(put.Calendar, (known?.Version ?? 0) + 1, put.Name, put.Definition));
    }

    private static Decision<AccountEvent> Add(AccountSettings state, AddHolidays add, Context context)
    {
        if (state.Calendar(add.Calendar) is not { Definition: var definition } known)
        {
            return Refusals.NotFound("calendar");
        }

        var names = new Dictionary<LocalDate, string>(definition.HolidayNames ?? new Dictionary<LocalDate, string>());
        foreach (var (date, name) in add.Holidays)
        {
            if (name is not null)
            {
                names[date] = name;
            }
        }

        return Put(
            state,
            new(add.Calendar, known.Name, definition with
            {
                Holidays = [.. (definition.Holidays ?? []).Concat(add.Holidays.Select(h => h.Date)).Distinct().Order()],
                HolidayNames = names.Count > 0 ? names : null,
            }),
            context);
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
