using Conversations.Domain;
using Conversations.Domain.Sla;
using Conversations.Engine;
using Conversations.Gateway.Administration;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using NodaTime;

namespace Conversations.Gateway.Sla;

/// <summary>An account's calendars (api.md 6). Supervisors set the hours of their teams.</summary>
internal static class CalendarEndpoints
{
    private static readonly Role[] Readers = [Role.Agent, Role.Supervisor, Role.Admin, Role.Integrator];

    public static void MapCalendars(this IEndpointRouteBuilder routes)
    {
        routes.MapPut("/v1/calendars/{id}", Put).WithName("putCalendar").For(Role.Supervisor, Role.Admin).WithTags("Promises")
            .WithSummary("Defines a calendar, or changes it from now on")
            .WithDescription("Each change is a new version; earlier ones stay. With If-Match, only if it is still the version you saw.").ProducesProblem(400).ProducesProblem(412);
        routes.MapGet("/v1/calendars/{id}", Get).WithName("getCalendar").For(Readers).WithTags("Promises")
            .WithSummary("A calendar, as it is or as it was in one version").ProducesProblem(404);
        routes.MapGet("/v1/calendars", List).WithName("listCalendars").For(Readers).WithTags("Promises").WithSummary("All calendars as they are");
        routes.MapPost("/v1/calendars/{id}/holidays:import", Import).WithName("importHolidays").For(Role.Supervisor, Role.Admin).WithTags("Promises")
            .WithSummary("Adds the all-day events of an iCalendar file as holidays")
            .WithDescription("From the beginning of last year to ten years ahead. With dryRun nothing is changed.")
            .Accepts<string>("text/calendar").ProducesProblem(400).ProducesProblem(404).ProducesProblem(413).ProducesProblem(415);
    }

    private static async Task<Results<Ok<CalendarView>, ProblemHttpResult>> Put(
        string id, CalendarRequest request, Caller caller, SettingsCache settings, TimeProvider time, [AsParameters] AccountServices services)
    {
        if ((Input.Name("id", id, required: true) ?? request.Check() ?? Input.IfMatch(services.Http.Request, required: false, out _)) is { } refusal)
        {
            return Problems.Of(refusal);
        }

        Input.IfMatch(services.Http.Request, required: false, out var seen);
        var calendar = CalendarId.Of(id);
        return await services.Send(caller, new PutCalendar(calendar, request.Name, request.ToDefinition(), seen)) is { } problem
            ? problem
            : await Answer(calendar, caller, settings, time, services.Http);
    }

    private static async Task<Results<Ok<CalendarView>, ProblemHttpResult>> Get(
        string id, Caller caller, SettingsCache settings, TimeProvider time, HttpContext context, int? version = null)
    {
        var known = await settings.Get(caller.Account, context.RequestAborted);
        if ((version is { } one ? known.Calendar(CalendarId.Of(id), one) : known.Calendar(CalendarId.Of(id))) is not { } calendar)
        {
            return Problems.NotFound(version is null ? "calendar" : "version of a calendar");
        }

        return Shown(calendar, time, context);
    }

    private static async Task<Ok<CalendarList>> List(Caller caller, SettingsCache settings, TimeProvider time, CancellationToken cancellation) =>
        TypedResults.Ok(new CalendarList([.. ((await settings.Get(caller.Account, cancellation)).Calendars?.Values ?? [])
            .Select(versions => versions[^1]).OrderBy(c => c.Id.Value, StringComparer.Ordinal).Select(c => CalendarView.Of(c, Now(time)))]));

    private static async Task<Results<Ok<HolidayImport>, ProblemHttpResult>> Import(
        string id, Caller caller, SettingsCache settings, TimeProvider time, [AsParameters] AccountServices services, bool dryRun = false)
    {
        var calendar = CalendarId.Of(id);
        var known = (await settings.Get(caller.Account, services.Http.RequestAborted)).Calendar(calendar);
        if (known is null)
        {
            return Problems.NotFound("calendar");
        }

        if (services.Http.Request.ContentType?.Split(';')[0].Trim() is not "text/calendar")
        {
            return Problems.Of(StatusCodes.Status415UnsupportedMediaType, "unsupported_media_type", "Send an iCalendar file as text/calendar.");
        }

        using var reader = new StreamReader(services.Http.Request.Body);
        if (HolidayFile.Read(await reader.ReadToEndAsync(services.Http.RequestAborted), Now(time).InUtc().Date, out var found, out var ignored) is { } refusal)
        {
            return Problems.Of(refusal);
        }

        var before = (known.Definition.Holidays ?? []).ToHashSet();
        if (!dryRun && await services.Send(caller, new AddHolidays(calendar, found)) is { } problem)
        {
            return problem;
        }

        var now = dryRun ? known : (await settings.Get(caller.Account, services.Http.RequestAborted)).Calendar(calendar)!;
        services.Http.Response.Headers.ETag = $"\"{now.Version}\"";
        return TypedResults.Ok(new HolidayImport(calendar, now.Version, [.. found.Where(h => !before.Contains(h.Date))], ignored));
    }

    private static async Task<Ok<CalendarView>> Answer(CalendarId id, Caller caller, SettingsCache settings, TimeProvider time, HttpContext context) =>
        Shown((await settings.Get(caller.Account, context.RequestAborted)).Calendar(id)!, time, context);

    private static Ok<CalendarView> Shown(CalendarVersion calendar, TimeProvider time, HttpContext context)
    {
        context.Response.Headers.ETag = $"\"{calendar.Version}\"";
        return TypedResults.Ok(CalendarView.Of(calendar, Now(time)));
    }

    private static Instant Now(TimeProvider time) => Instant.FromDateTimeOffset(time.GetUtcNow());
}

public sealed record CalendarList(IReadOnlyList<CalendarView> Items);

/// <summary>A calendar. A PUT replaces all of it.</summary>
public sealed record CalendarRequest
{
    public string? Name { get; init; }

    /// <summary>An IANA zone, for example Europe/Berlin.</summary>
    public required string Timezone { get; init; }

    /// <summary>The hours of each weekday. A lunch break is two intervals; a shift over midnight is one to 24:00 and one from 00:00 of the next day.</summary>
    public WeekHours? Weekly { get; init; }

    /// <summary>Dates without any hours.</summary>
    public IReadOnlyList<LocalDate>? Holidays { get; init; }

    /// <summary>The hours of single dates, instead of their weekday's.</summary>
    public IReadOnlyDictionary<LocalDate, IReadOnlyList<Hours>>? Overrides { get; init; }

    /// <summary>Hours taken out of single dates.</summary>
    public IReadOnlyDictionary<LocalDate, IReadOnlyList<Hours>>? Breaks { get; init; }

    public IReadOnlyDictionary<LocalDate, string>? HolidayNames { get; init; }

    internal Refusal? Check() =>
        Input.Text("name", Name, Input.LongestName)
        ?? (HolidayNames ?? new Dictionary<LocalDate, string>()).Select(n => Input.Text("holidayNames", n.Value, Input.LongestName, required: true)).OfType<Refusal>().FirstOrDefault()
        ?? Null("overrides", Overrides)
        ?? Null("breaks", Breaks);

    internal CalendarDefinition ToDefinition() => new()
    {
        Timezone = Timezone,
        Weekly = Weekly ?? WeekHours.None,
        Holidays = Holidays,
        Overrides = Overrides,
        Breaks = Breaks,
        HolidayNames = HolidayNames,
    };

    internal static Refusal? Null(string field, IReadOnlyDictionary<LocalDate, IReadOnlyList<Hours>>? dates) =>
        dates?.Values.Any(hours => hours is null) == true ? Input.Invalid("invalid_value", $"'{field}' has a list of hours for each date; an empty one closes it.") : null;
}

/// <param name="Version">Of this calendar; also its ETag.</param>
/// <param name="ChangedAt">When this version was defined.</param>
/// <param name="Open">Whether it is open now.</param>
/// <param name="NextOpen">Now if it is open; null if it does not open again.</param>
/// <param name="Tzdata">The version of the time-zone rules in use.</param>
public sealed record CalendarView(
    CalendarId Id,
    int Version,
    string? Name,
    string Timezone,
    WeekHours Weekly,
    IReadOnlyList<LocalDate> Holidays,
    IReadOnlyDictionary<LocalDate, IReadOnlyList<Hours>> Overrides,
    IReadOnlyDictionary<LocalDate, IReadOnlyList<Hours>> Breaks,
    IReadOnlyDictionary<LocalDate, string> HolidayNames,
    Instant ChangedAt,
    bool Open,
    Instant? NextOpen,
    string Tzdata)
{
    internal static CalendarView Of(CalendarVersion c, Instant now) => new(
        c.Id, c.Version, c.Name, c.Definition.Timezone, Whole(c.Definition.Weekly), c.Definition.Holidays ?? [],
        c.Definition.Overrides ?? new Dictionary<LocalDate, IReadOnlyList<Hours>>(), c.Definition.Breaks ?? new Dictionary<LocalDate, IReadOnlyList<Hours>>(),
        c.Definition.HolidayNames ?? new Dictionary<LocalDate, string>(), c.At, c.Calendar.IsOpen(now), c.Calendar.NextOpen(now), Tzdb.Version);

    private static WeekHours Whole(WeekHours w) => new(w.Mon ?? [], w.Tue ?? [], w.Wed ?? [], w.Thu ?? [], w.Fri ?? [], w.Sat ?? [], w.Sun ?? []);
}

/// <param name="Version">The calendar's version after the import.</param>
/// <param name="Added">The holidays it did not have before.</param>
/// <param name="Ignored">Events that are no holidays, and why.</param>
public sealed record HolidayImport(CalendarId Calendar, int Version, IReadOnlyList<Holiday> Added, IReadOnlyList<IgnoredEvent> Ignored);

/// <param name="Reason">timed, cancelled, too_frequent or outside.</param>
public sealed record IgnoredEvent(string? Name, string Reason);
