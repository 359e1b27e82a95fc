using Conversations.Domain.Sla;
using NodaTime;

namespace Conversations.Domain.Tests;

/// <summary>Policies and calendars that scenarios run under.</summary>
internal static class Promised
{
    /// <summary>Monday, nine in the morning in UTC: the office has just opened.</summary>
    public static readonly Instant Monday = Instant.FromUtc(2026, 11, 23, 9, 0);

    public static readonly CalendarId Office = new("office");

    /// <summary>Monday to Friday, nine to five, UTC.</summary>
    public static readonly CalendarDefinition NineToFive = Weekdays(new Hours(540, 1_020));

    public static CalendarDefinition Weekdays(params Hours[] hours) =>
        new() { Timezone = "Etc/UTC", Weekly = new(hours, hours, hours, hours, hours) };

    /// <summary>Monday of the scenarios is day 0.</summary>
    public static Instant On(int day, int hour, int minute = 0, int second = 0) =>
        Monday + Duration.FromDays(day) + Duration.FromHours(hour - 9) + Duration.FromMinutes(minute) + Duration.FromSeconds(second);

    public static AccountSettings With(this AccountSettings settings, CalendarId id, CalendarDefinition definition, Instant? at = null)
    {
        var all = new Dictionary<CalendarId, IReadOnlyList<CalendarVersion>>(settings.Calendars ?? new Dictionary<CalendarId, IReadOnlyList<CalendarVersion>>());
        var earlier = all.GetValueOrDefault(id) ?? [];
        all[id] = [.. earlier, new(id, earlier.Count + 1, null, definition, at ?? Arrange.Noon - Duration.FromDays(365))];
        return settings with { Version = settings.Version + 1, Calendars = all };
    }

    public static AccountSettings With(this AccountSettings settings, string id, SlaPolicy policy)
    {
        var all = new Dictionary<PolicyId, IReadOnlyList<PolicyVersion>>(settings.Policies ?? new Dictionary<PolicyId, IReadOnlyList<PolicyVersion>>());
        var earlier = all.GetValueOrDefault(new(id)) ?? [];
        Xunit.Assert.Null(SlaPolicy.Validate(policy));
        all[new(id)] = [.. earlier, new(new(id), earlier.Count + 1, policy, Arrange.Noon - Duration.FromDays(365))];
        return settings with { Version = settings.Version + 1, Policies = all };
    }

    /// <summary>The same promises, in minutes, at every priority.</summary>
    public static SlaPolicy Policy(int position, int? first = null, int? next = null, int? resolution = null, PolicyMatch? when = null, CalendarId? calendar = null) => new()
    {
        Position = position,
        When = when,
        Calendar = calendar,
        Targets = Enum.GetValues<Priority>().ToDictionary(p => p, _ => Minutes(first, next, resolution)),
    };

    public static PolicyTargets Minutes(int? first = null, int? next = null, int? resolution = null) => new(Of(first), Of(next), Of(resolution));

    private static PolicyTarget? Of(int? minutes) => minutes is { } m ? new(m * 60) : null;

    /// <summary>A conversation in an account with these policies and the office's hours; nothing said yet. It is Monday, nine.</summary>
    public static Scenario Conversation(params SlaPolicy[] policies)
    {
        var scenario = Given.Conversation(Arrange.WebChat with { Sla = null }).At(Monday);
        var settings = scenario.Settings.With(Office, NineToFive);
        for (var i = 0; i < policies.Length; i++)
        {
            settings = settings.With($"p{i + 1}", policies[i]);
        }

        scenario.Settings = settings;
        return scenario;
    }

    public static Scenario At(this Scenario scenario, (int Day, int Hour, int Minute) time) => scenario.At(On(time.Day, time.Hour, time.Minute));
}
