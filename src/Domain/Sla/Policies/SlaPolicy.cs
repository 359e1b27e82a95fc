using System.Text.Json;
using System.Text.Json.Serialization;
using Conversations.Domain.Json;
using NodaTime;

namespace Conversations.Domain.Sla;

/// <summary>
/// What is promised to whom (sla.md 6). Policies form one order; the first that matches a conversation holds for it.
/// </summary>
public sealed record SlaPolicy
{
    public const int MostLevels = 20, MostActions = 10, MostWords = 50;

    /// <summary>Ten years: beyond any promise, and far from where time ends.</summary>
    public const int LongestTarget = 315_360_000;

    public string? Name { get; init; }

    /// <summary>Its place in the order, unique in the account; smaller is looked at first (R-PO1).</summary>
    public int Position { get; init; }

    /// <summary>Null: any conversation. At most one policy has no condition, and it is the last.</summary>
    public PolicyMatch? When { get; init; }

    /// <summary>A priority that is missing here has no promises (R-PO3).</summary>
    public IReadOnlyDictionary<Priority, PolicyTargets> Targets { get; init; } = new Dictionary<Priority, PolicyTargets>();

    /// <summary>The business hours its targets are counted in; null: 24×7.</summary>
    public CalendarId? Calendar { get; init; }

    /// <summary>R-BT2.</summary>
    public bool BotRepliesQualify { get; init; }

    /// <summary>Waiting for a third party pauses the resolution.</summary>
    public bool HoldPauses { get; init; }

    /// <summary>Before the due time.</summary>
    public IReadOnlyList<SlaWarning>? Warnings { get; init; }

    /// <summary>At the due time (after 0 seconds) and later.</summary>
    public IReadOnlyList<SlaEscalation>? Escalations { get; init; }

    [JsonIgnore]
    public bool IsUnconditional => When is null || When == PolicyMatch.Any;

    /// <summary>Every calendar it names.</summary>
    [JsonIgnore]
    internal IEnumerable<CalendarId> Calendars =>
        new[] { Calendar }
            .Concat(SlaLevel.Of(this).SelectMany(l => l.Actions).Select(a => a switch
            {
                SlaAction.Webhook w => w.Hours,
                SlaAction.Mail m => m.Hours,
                _ => null,
            }))
            .OfType<CalendarId>();

    /// <returns>What is wrong with it by itself; null if nothing is. Its place among the others is the account's to judge.</returns>
    public static Refusal? Validate(SlaPolicy policy)
    {
        var targets = policy.Targets.Values.SelectMany(t => new[] { t.FirstResponse, t.NextResponse, t.Resolution }).OfType<PolicyTarget>().ToList();
        if (targets.Count == 0)
        {
            return Invalid("A policy promises something: give at least one target for one priority.");
        }

        if (targets.Any(t => t.Seconds is < 1 or > LongestTarget))
        {
            return Invalid("A target is a positive number of seconds, at most ten years.");
        }

        if (policy.Warnings?.Count > MostLevels || policy.Escalations?.Count > MostLevels)
        {
            return Invalid($"A policy has at most {MostLevels} warnings and {MostLevels} escalations.");
        }

        foreach (var warning in policy.Warnings ?? [])
        {
            if ((warning.Before is null) == (warning.Fraction is null))
            {
                return Invalid("A warning is either 'before' (seconds) or at a 'fraction' of the target.");
            }

            if (warning.Before is < 1 or > LongestTarget || warning.Fraction is not (null or > 0 and < 1))
            {
                return Invalid("A warning is a positive number of seconds before the due time, or at a fraction between 0 and 1.");
            }
        }

        if (policy.Escalations?.Any(e => e.After is < 0 or > LongestTarget) == true)
        {
            return Invalid("An escalation is 0 seconds or more after the due time.");
        }

        var levels = SlaLevel.Of(policy).ToList();
        if (levels.GroupBy(l => (l.Key, string.Join(',', l.Metrics ?? []))).Any(g => g.Count() > 1))
        {
            return Invalid("Two levels at the same time are one: put their actions together.");
        }

        return levels.Select(l => WrongActions(l.Actions)).OfType<Refusal>().FirstOrDefault() ?? policy.When?.Wrong();
    }

    /// <summary>What it promises a conversation of this priority.</summary>
    /// <param name="newest">The version of a calendar that is in force now; null if there is no such calendar: its targets then count as 24×7 nowhere, and are not promised.</param>
    public SlaTerms TermsAt(PolicyId id, long version, Priority priority, Func<CalendarId, CalendarRef?> newest)
    {
        var targets = Targets.GetValueOrDefault(priority) ?? new();
        var calendar = Calendar is { } named ? newest(named) : null;
        bool Kept(PolicyTarget? target) => target is not null && (target.Always || Calendar is null || calendar is not null);
        int? Seconds(PolicyTarget? target) => Kept(target) ? target!.Seconds : null;
        CalendarRef? In(PolicyTarget? target) => target is { Always: false } ? calendar : null;
        return new(
            id.Value, version, Seconds(targets.FirstResponse), Seconds(targets.NextResponse), Seconds(targets.Resolution), WarnAt: null, priority,
            In(targets.FirstResponse), In(targets.NextResponse), In(targets.Resolution), BotRepliesQualify, HoldPauses);
    }

    private static Refusal? WrongActions(IReadOnlyList<SlaAction> actions) =>
        actions.Count > MostActions ? Invalid($"A level has at most {MostActions} actions.")
        : actions.Select(a => a.Wrong()).OfType<string>().FirstOrDefault() is { } wrong ? Invalid(wrong)
        : null;

    internal static Refusal Invalid(string detail) => new("invalid_policy", detail, RefusalKind.Invalid);
}

/// <summary>A policy. Chosen by the account.</summary>
[JsonConverter(typeof(StringIdConverter<PolicyId>))]
public readonly record struct PolicyId(string Value) : IStringId<PolicyId>
{
    public static PolicyId Of(string value) => new(value);
    public override string ToString() => Value;
}

/// <summary>A policy as it once was. Never changed or removed: what was decided under it can be read again (sla.md R-PO5).</summary>
/// <param name="Version">From 1, by one with each change of this policy.</param>
/// <param name="Removed">It was taken out with this version and matches nothing; its earlier versions stay.</param>
public sealed record PolicyVersion(PolicyId Id, long Version, SlaPolicy Policy, Instant At, bool Removed = false)
{
    private IReadOnlyList<SlaLevel>? _levels;

    /// <summary>Its warnings and escalations. Made by the first who asks; two at once make the same twice.</summary>
    internal IReadOnlyList<SlaLevel> Levels => _levels ??= [.. SlaLevel.Of(Policy)];

    public bool Equals(PolicyVersion? other) => other is not null && Id == other.Id && Version == other.Version;

    public override int GetHashCode() => HashCode.Combine(Id, Version);
}

public sealed record PolicyTargets(PolicyTarget? FirstResponse = null, PolicyTarget? NextResponse = null, PolicyTarget? Resolution = null);

/// <summary>In JSON a number of seconds, or <c>{"seconds":3600,"always":true}</c>.</summary>
/// <param name="Always">Counted in 24×7 time whatever the policy's calendar (R-PO3).</param>
[JsonConverter(typeof(PolicyTargetConverter))]
public sealed record PolicyTarget(int Seconds, bool Always = false);

public sealed class PolicyTargetConverter : JsonConverter<PolicyTarget>
{
    public override PolicyTarget Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var plain))
        {
            return new(plain);
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Wrong();
        }

        int? seconds = null;
        var always = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            if (!reader.Read())
            {
                throw Wrong();
            }

            switch (name)
            {
                case "seconds" when reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var told):
                    seconds = told;
                    break;
                case "always" when reader.TokenType is JsonTokenType.True or JsonTokenType.False:
                    always = reader.GetBoolean();
                    break;
                default:
                    throw Wrong();
            }
        }

        return new(seconds ?? throw Wrong(), always);
    }

    public override void Write(Utf8JsonWriter writer, PolicyTarget value, JsonSerializerOptions options)
    {
        if (!value.Always)
        {
            writer.WriteNumberValue(value.Seconds);
            return;
        }

        writer.WriteStartObject();
        writer.WriteNumber("seconds", value.Seconds);
        writer.WriteBoolean("always", true);
        writer.WriteEndObject();
    }

    private static JsonException Wrong() => new("The value could not be converted: a target is a number of seconds, or {\"seconds\":3600,\"always\":true}.");
}
