using System.Text.Json;
using Conversations.Domain.Json;
using Conversations.Domain.Sla;
using NodaTime;

namespace Conversations.Domain;

/// <summary>Defines a policy, or changes it for what begins from now on (sla.md R-PO5). The same as it is already is no change.</summary>
/// <param name="IfVersion">The version the caller saw; null: whatever it is.</param>
public sealed record PutPolicy(PolicyId Id, SlaPolicy Policy, long? IfVersion = null) : AccountCommand;

/// <summary>Takes a policy out of the order. What runs under it goes on as it was promised.</summary>
public sealed record RemovePolicy(PolicyId Id) : AccountCommand;

/// <summary>Has today's policies hold for what runs too, in every open conversation (R-PO5).</summary>
public sealed record ApplyToOpen(string Run) : AccountCommand;

/// <param name="Examined">Conversations looked at.</param>
/// <param name="Changed">Of them, those that something changed for.</param>
public sealed record FinishRun(string Run, long Examined, long Changed) : AccountCommand;

public sealed record PolicyDefined(PolicyId Id, long Version, SlaPolicy Policy) : AccountEvent;

/// <param name="Version">The one that says that it is gone.</param>
public sealed record PolicyRemoved(PolicyId Id, long Version) : AccountEvent;

public sealed record ApplyingStarted(string Run) : AccountEvent;

public sealed record ApplyingFinished(string Run, long Examined, long Changed) : AccountEvent;

/// <summary>One "apply to open conversations".</summary>
/// <param name="FinishedAt">Null while it goes on; likewise the counts.</param>
public sealed record PolicyRun(string Id, Instant StartedAt, Instant? FinishedAt = null, long? Examined = null, long? Changed = null);

public sealed partial record AccountSettings
{
    public const int RunsKept = 20;

    /// <summary>The newest runs, oldest first.</summary>
    public IReadOnlyList<PolicyRun>? Runs { get; init; }

    /// <summary>The policy as it is now; null if there is none or it was removed.</summary>
    public PolicyVersion? Policy(PolicyId id) => Policies?.GetValueOrDefault(id) is { } versions && versions[^1] is { Removed: false } now ? now : null;
}

public static partial class Account
{
    /// <summary>Each change of a conversation is matched against them in order.</summary>
    public const int MostPolicies = 200;

    private static Decision<AccountEvent> Put(AccountSettings state, PutPolicy put)
    {
        if ((SlaPolicy.Validate(put.Policy) ?? WrongPlace(state, put) ?? WrongCalendars(state, put.Policy)) is { } refusal)
        {
            return refusal;
        }

        var known = state.Policy(put.Id);
        if (put.IfVersion is { } seen && seen != (known?.Version ?? 0))
        {
            return Refusals.VersionConflict(known?.Version ?? 0);
        }

        return known is not null && Same(known.Policy, put.Policy)
            ? Accept()
            : Accept(new PolicyDefined(put.Id, NextVersion(state, put.Id), put.Policy));
    }

    private static Decision<AccountEvent> Remove(AccountSettings state, RemovePolicy remove) =>
        state.Policy(remove.Id) is null ? Refusals.NotFound("policy") : Accept(new PolicyRemoved(remove.Id, NextVersion(state, remove.Id)));

    private static Decision<AccountEvent> Apply(AccountSettings state, ApplyToOpen apply) =>
        state.Runs?.Any(r => r.Id == apply.Run) == true ? Accept()
        : state.Runs?.FirstOrDefault(r => r.FinishedAt is null) is { } going
            ? new Refusal("already_applying", "The policies are being applied already.", RefusalKind.Conflict, new Dictionary<string, string> { ["run"] = going.Id })
        : Accept(new ApplyingStarted(apply.Run));

    private static Decision<AccountEvent> Finish(AccountSettings state, FinishRun finish) =>
        state.Runs?.Any(r => r.Id == finish.Run && r.FinishedAt is null) == true
            ? Accept(new ApplyingFinished(finish.Run, finish.Examined, finish.Changed))
            : Accept();

    private static AccountSettings Policy(AccountSettings state, Instant at, PolicyId id, long version, SlaPolicy? policy)
    {
        IReadOnlyList<PolicyVersion> earlier = state.Policies?.GetValueOrDefault(id) ?? [];
        return earlier.Count != version - 1 || (policy ?? (earlier is [.., var last] ? last.Policy : null)) is not { } told
            ? state // not a history of ours
            : state with
            {
                Policies = new Dictionary<PolicyId, IReadOnlyList<PolicyVersion>>(state.Policies ?? new Dictionary<PolicyId, IReadOnlyList<PolicyVersion>>())
                {
                    [id] = [.. earlier, new(id, version, told, at, Removed: policy is null)],
                },
            };
    }

    private static AccountSettings Run(AccountSettings state, string id, Func<PolicyRun?, PolicyRun> change)
    {
        var runs = (state.Runs ?? []).Where(r => r.Id != id).Append(change((state.Runs ?? []).FirstOrDefault(r => r.Id == id)));
        return state with { Runs = [.. runs.TakeLast(AccountSettings.RunsKept)] };
    }

    private static long NextVersion(AccountSettings state, PolicyId id) => (state.Policies?.GetValueOrDefault(id)?.Count ?? 0) + 1;

    /// <summary>Positions are unique; at most one policy has no condition, and it is the last (sla.md R-PO1).</summary>
    private static Refusal? WrongPlace(AccountSettings state, PutPolicy put)
    {
        var others = state.PoliciesInOrder.Where(p => p.Id != put.Id).ToList();
        if (others.Count >= MostPolicies)
        {
            return new("too_many_policies", $"An account has at most {MostPolicies} policies.", RefusalKind.Invalid);
        }

        if (others.FirstOrDefault(p => p.Policy.Position == put.Policy.Position) is { } there)
        {
            return new(
                "position_taken", $"Policy '{there.Id}' is at position {there.Policy.Position} already.", RefusalKind.Conflict,
                new Dictionary<string, string> { ["policy"] = there.Id.Value });
        }

        var unconditional = others.FirstOrDefault(p => p.Policy.IsUnconditional);
        if (put.Policy.IsUnconditional)
        {
            return unconditional is not null
                ? new("unconditional_exists", $"Policy '{unconditional.Id}' has no condition either; only one has none.", RefusalKind.Conflict,
                    new Dictionary<string, string> { ["policy"] = unconditional.Id.Value })
                : others.Any(p => p.Policy.Position > put.Policy.Position)
                    ? new("unconditional_not_last", "A policy without a condition is the last: those after it would never match.", RefusalKind.Conflict)
                    : null;
        }

        return unconditional is not null && unconditional.Policy.Position < put.Policy.Position
            ? new("unconditional_not_last", $"Policy '{unconditional.Id}' has no condition and is the last: this one after it would never match.", RefusalKind.Conflict)
            : null;
    }

    private static Refusal? WrongCalendars(AccountSettings state, SlaPolicy policy) =>
        policy.Calendars.FirstOrDefault(c => state.Calendar(c) is null) is { Value: not null } unknown
            ? new("unknown_calendar", $"There is no calendar '{unknown}'. Define it with PUT /v1/calendars/{unknown}.", RefusalKind.Invalid)
            : null;

    private static bool Same(SlaPolicy a, SlaPolicy b) =>
        JsonSerializer.SerializeToUtf8Bytes(a, DomainJson.Contract.SlaPolicy).AsSpan().SequenceEqual(JsonSerializer.SerializeToUtf8Bytes(b, DomainJson.Contract.SlaPolicy));
}
