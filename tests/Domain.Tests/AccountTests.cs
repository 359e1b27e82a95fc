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
}
