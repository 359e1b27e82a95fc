using Conversations.Domain.Sla;
using Xunit;

namespace Conversations.Domain.Tests;

/// <summary>An account's configuration: channels, their terms and secrets, keys.</summary>
public sealed class AccountTests
{
    private AccountSettings _state = AccountSettings.Empty(Arrange.Account);

    private Decision<AccountEvent> When(AccountCommand command)
    {
        var decision = Account.Decide(_state, command, new(Arrange.Noon, new(ActorKind.Admin, "root"), _state));
        foreach (var e in decision is Decision<AccountEvent>.Accepted accepted ? accepted.Events : [])
        {
            _state = Account.Evolve(_state, new(_state.Version + 1, Arrange.Noon, Actor.System, "c", e));
        }

        return decision;
    }

    [Fact]
    public void A_channel_put_again_keeps_the_secrets_it_does_not_name_and_stamps_its_terms_with_the_version()
    {
        When(new PutChannel(Arrange.WebChat, new Dictionary<string, string> { ["token"] = "a", ["secret"] = "b" }));
        When(new PutChannel(Arrange.WebChat with { Name = "Chat" }, new Dictionary<string, string> { ["token"] = "c" }));
        var channel = _state.Channel("webchat", "acme")!;
        Assert.Equal(("Chat", "c", "b", 2L), (channel.Name, channel.Secrets!["token"], channel.Secrets["secret"], channel.Sla!.Version));
    }

    public static TheoryData<string> Unkeepable => ["first", "next", "resolution", "warning", "not a number", "reopen", "quiet"];

    [Theory]
    [MemberData(nameof(Unkeepable))]
    public void Terms_nobody_could_keep_are_refused(string what)
    {
        var channel = Arrange.WebChat;
        var refused = Assert.IsType<Decision<AccountEvent>.Refused>(When(new PutChannel(what switch
        {
            "first" => channel with { Sla = SlaTargets.Default with { FirstResponse = 0 } },
            "next" => channel with { Sla = SlaTargets.Default with { NextResponse = -1 } },
            "resolution" => channel with { Sla = SlaTargets.Default with { Resolution = 0 } },
            "warning" => channel with { Sla = SlaTargets.Default with { WarnAt = 1.1 } },
            "not a number" => channel with { Sla = SlaTargets.Default with { WarnAt = double.NaN } },
            "reopen" => channel with { ReopenWindow = -1 },
            _ => channel with { AutoCloseAfter = 0 },
        })));
        Assert.Equal(("invalid_terms", RefusalKind.Invalid), (refused.Refusal.Code, refused.Refusal.Kind));
        Assert.Equal(0, _state.Version);
    }

    [Fact]
    public void An_account_of_a_channel_sends_once_it_has_every_secret_its_adapter_needs()
    {
        When(new PutChannel(Arrange.WebChat, new Dictionary<string, string> { ["token"] = "a" }, ["token", "secret"]));
        Assert.False(_state.Channel("webchat", "acme")!.Sends);

        When(new PutChannel(Arrange.WebChat, new Dictionary<string, string> { ["secret"] = "b" }, ["token", "secret"]));
        Assert.True(_state.Channel("webchat", "acme")!.Sends);

        When(new PutChannel(Arrange.WebChat with { Name = "Chat" }, null, ["token", "secret"]));
        Assert.True(_state.Channel("webchat", "acme")!.Sends);
    }

    [Fact]
    public void Keys_are_created_once_and_revoked_once()
    {
        var create = new CreateKey("k-1", "00ff", "crm", Role.Integrator, null);
        When(create);
        Assert.Empty(Assert.IsType<Decision<AccountEvent>.Accepted>(When(create)).Events);
        When(new RevokeKey("k-1"));
        Assert.Empty(_state.Keys);
        Assert.Equal("not_found", Assert.IsType<Decision<AccountEvent>.Refused>(When(new RevokeKey("k-1"))).Refusal.Code);
    }

    [Fact]
    public void A_suspended_channel_says_why_and_asking_again_records_nothing()
    {
        When(new PutChannel(Arrange.WebChat));
        When(new SuspendChannel("webchat", "acme", "token revoked"));
        Assert.Equal("token revoked", _state.Channel("webchat", "acme")!.Suspended);
        Assert.Empty(Assert.IsType<Decision<AccountEvent>.Accepted>(When(new SuspendChannel("webchat", "acme", "token revoked"))).Events);
        Assert.Equal("unknown_channel_account", Assert.IsType<Decision<AccountEvent>.Refused>(When(new SuspendChannel("sms", "acme", "x"))).Refusal.Code);
    }

    [Fact]
    public void A_calendar_changed_is_a_new_version_and_the_old_ones_stay()
    {
        var office = new CalendarId("office");
        CalendarDefinition Until(int end) => new() { Timezone = "Etc/UTC", Weekly = new(Mon: [new(540, end)]) };
        When(new PutCalendar(office, "Office", Until(1_020)));
        Assert.Empty(Assert.IsType<Decision<AccountEvent>.Accepted>(When(new PutCalendar(office, "Office", Until(1_020)))).Events);
        When(new PutCalendar(office, "Office", Until(1_080)));
        Assert.Equal((2, 1_080), (_state.Calendar(office)!.Version, _state.Calendar(office)!.Definition.Weekly.Mon![0].End));
        Assert.Equal(1_020, _state.Calendar(office, 1)!.Definition.Weekly.Mon![0].End);
        Assert.True(_state.Calendar(office, 1)!.Calendar.IsOpen(NodaTime.Instant.FromUtc(2026, 11, 23, 16, 0)));
        Assert.Equal((null, null, null), (_state.Calendar(office, 3), _state.Calendar(office, 0), _state.Calendar(new CalendarId("other"))));
    }

    [Fact]
    public void A_calendar_nobody_could_keep_is_not_kept()
    {
        Assert.Equal("no_open_time", Assert.IsType<Decision<AccountEvent>.Refused>(When(new PutCalendar(new("office"), null, new() { Timezone = "Etc/UTC" }))).Refusal.Code);
        Assert.Equal(0, _state.Version);
    }

    [Fact]
    public void Two_people_who_change_a_calendar_at_once_are_told()
    {
        var office = new CalendarId("office");
        CalendarDefinition Until(int end) => new() { Timezone = "Etc/UTC", Weekly = new(Mon: [new(540, end)]) };
        When(new PutCalendar(office, null, Until(1_020), IfVersion: 0));
        When(new PutCalendar(office, null, Until(1_080), IfVersion: 1));
        Assert.Equal("version_conflict", Assert.IsType<Decision<AccountEvent>.Refused>(When(new PutCalendar(office, null, Until(900), IfVersion: 1))).Refusal.Code);
        Assert.Equal(2, _state.Calendar(office)!.Version);
    }

    [Fact]
    public void Holidays_added_join_those_there_are()
    {
        var office = new CalendarId("office");
        Assert.Equal("not_found", Assert.IsType<Decision<AccountEvent>.Refused>(When(new AddHolidays(office, []))).Refusal.Code);
        When(new PutCalendar(office, "Office", new() { Timezone = "Etc/UTC", Weekly = new(Mon: [new(540, 600)]), Holidays = [new(2026, 12, 26)] }));
        When(new AddHolidays(office, [new(new(2026, 12, 25), "Christmas"), new(new(2026, 12, 26), null)]));
        var now = _state.Calendar(office)!;
        Assert.Equal((2, "Office", "Christmas"), (now.Version, now.Name, now.Definition.HolidayNames![new(2026, 12, 25)]));
        Assert.Equal([new(2026, 12, 25), new(2026, 12, 26)], now.Definition.Holidays!);
        Assert.Empty(Assert.IsType<Decision<AccountEvent>.Accepted>(When(new AddHolidays(office, [new(new(2026, 12, 25), "Christmas")]))).Events);
    }

    private static SlaPolicy At(int position, PolicyMatch? when = null, int seconds = 3_600) => new()
    {
        Position = position,
        When = when,
        Targets = new Dictionary<Priority, PolicyTargets> { [Priority.Normal] = new(new(seconds)) },
    };

    private static readonly PolicyMatch Vip = new(Labels: ["vip"]);

    private string? Refused(AccountCommand command) => When(command) is Decision<AccountEvent>.Refused refused ? refused.Refusal.Code : null;

    [Fact]
    public void Policies_form_one_order_whose_last_alone_may_be_without_a_condition()
    {
        Assert.Null(Refused(new PutPolicy(new("b"), At(20, Vip))));
        Assert.Null(Refused(new PutPolicy(new("a"), At(10, Vip))));
        Assert.Equal("position_taken", Refused(new PutPolicy(new("c"), At(20, Vip))));
        Assert.Equal("unconditional_not_last", Refused(new PutPolicy(new("any"), At(15))));
        Assert.Null(Refused(new PutPolicy(new("any"), At(30, PolicyMatch.Any))));
        Assert.Equal("unconditional_exists", Refused(new PutPolicy(new("other"), At(40))));
        Assert.Equal("unconditional_not_last", Refused(new PutPolicy(new("late"), At(40, Vip))));
        Assert.Equal(["a", "b", "any"], _state.PoliciesInOrder.Select(p => p.Id.Value));
        Assert.Null(Refused(new PutPolicy(new("b"), At(5, Vip))));
        Assert.Equal(["b", "a", "any"], _state.PoliciesInOrder.Select(p => p.Id.Value));
    }

    [Fact]
    public void A_policy_changed_or_removed_is_a_new_version_and_the_old_ones_stay()
    {
        var gold = new PolicyId("gold");
        When(new PutPolicy(gold, At(1)));
        Assert.Empty(Assert.IsType<Decision<AccountEvent>.Accepted>(When(new PutPolicy(gold, At(1)))).Events);
        Assert.Equal("version_conflict", Refused(new PutPolicy(gold, At(1, seconds: 60), IfVersion: 7)));
        When(new PutPolicy(gold, At(1, seconds: 60), IfVersion: 1));
        When(new RemovePolicy(gold));
        Assert.Equal("not_found", Refused(new RemovePolicy(gold)));
        Assert.Empty(_state.PoliciesInOrder);
        Assert.Null(_state.Policy(gold));
        Assert.Equal([3_600, 60, 60], Enumerable.Range(1, 3).Select(v => _state.Policy(gold, v)!.Policy.Targets[Priority.Normal].FirstResponse!.Seconds));
        When(new PutPolicy(gold, At(1)));
        Assert.Equal(4, _state.Policy(gold)!.Version);
    }

    [Fact]
    public void A_policy_names_only_calendars_there_are()
    {
        Assert.Equal("unknown_calendar", Refused(new PutPolicy(new("gold"), At(1) with { Calendar = new CalendarId("office") })));
        Assert.Equal("unknown_calendar", Refused(new PutPolicy(new("gold"), At(1) with { Escalations = [new(0, Actions: [new SlaAction.Mail("a@example.com", new("office"))])] })));
        When(new PutCalendar(new("office"), null, new() { Timezone = "Etc/UTC", Weekly = new(Mon: [new(0, 60)]) }));
        Assert.Null(Refused(new PutPolicy(new("gold"), At(1) with { Calendar = new CalendarId("office") })));
    }

    [Fact]
    public void Policies_are_applied_by_one_run_at_a_time_and_its_end_is_kept()
    {
        When(new ApplyToOpen("r-1"));
        Assert.Empty(Assert.IsType<Decision<AccountEvent>.Accepted>(When(new ApplyToOpen("r-1"))).Events);
        Assert.Equal("already_applying", Refused(new ApplyToOpen("r-2")));
        When(new FinishRun("r-1", 7, 3));
        Assert.Empty(Assert.IsType<Decision<AccountEvent>.Accepted>(When(new FinishRun("r-1", 9, 9))).Events);
        Assert.Equal((7L, 3L), (_state.Runs![0].Examined, _state.Runs[0].Changed));
        for (var i = 2; i < 40; i++)
        {
            When(new ApplyToOpen($"r-{i}"));
            When(new FinishRun($"r-{i}", 0, 0));
        }

        Assert.Equal(AccountSettings.RunsKept, _state.Runs!.Count);
    }
}
