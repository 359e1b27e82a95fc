using NodaTime;
using Xunit;

namespace Conversations.Domain.Tests;

/// <summary>What supervisors do inside a conversation (routing.md 10).</summary>
public sealed class SupervisionTests
{
    private static readonly Actor Sue = new(ActorKind.Supervisor, "sue");

    private static Scenario Taken(ChannelSettings? channel = null) => Given.Conversation(channel).CustomerWrites().When(new Assign(Arrange.Ann, null));

    private static string[] Types(Scenario scenario) => [.. scenario.Emitted.Select(r => r.Event.GetType().Name)];

    [Fact]
    public void Who_looks_on_reads_nothing()
    {
        var c = Taken();
        var before = c.Row;
        c.When(new StartMonitoring(), Sue);

        Assert.Equal(["MonitorStarted"], Types(c));
        Assert.Equal([new Monitoring("sue", c.Now, c.Now + Duration.FromMinutes(15))], c.Row.Monitors!);
        Assert.Equal((before.ReadUpTo, before.Assignee, before.Epoch), (c.Row.ReadUpTo, c.Row.Assignee, c.Row.Epoch));
    }

    [Fact]
    public void Looking_on_lapses_unless_it_is_asked_for_again()
    {
        var c = Taken().When(new StartMonitoring(), Sue);
        Assert.Empty(c.Later(Duration.FromMinutes(5)).When(new StartMonitoring(), Sue).Emitted); // not yet half over
        Assert.Equal(["MonitorStarted"], Types(c.Later(Duration.FromMinutes(4)).When(new StartMonitoring(), Sue)));
        var due = Monitoring.NextDue(c.State)!.Value;
        Assert.Equal(c.Now + Duration.FromMinutes(15), due);

        Assert.DoesNotContain("MonitorEnded", Types(c.At(due - Duration.FromMilliseconds(1)).Tick()));
        Assert.Contains(c.At(due).Tick().Emitted, r => r.Event is MonitorEnded { By: "sue", Reason: "lapsed" });
        Assert.Null(c.Row.Monitors);
    }

    [Fact]
    public void Five_look_on_and_one_who_lapsed_leaves_room()
    {
        var c = Taken();
        for (var i = 0; i < 5; i++)
        {
            c.When(new StartMonitoring(), new(ActorKind.Supervisor, $"s{i}"));
        }

        c.When(new StartMonitoring(), Sue).ThenRefused("too_many_monitors");
        Assert.Null(c.Later(Duration.FromMinutes(16)).When(new StartMonitoring(), Sue).Refusal);
        Assert.Equal(["sue"], c.Row.Monitors!.Select(m => m.By));
    }

    [Fact]
    public void A_whisper_is_for_whoever_has_it_and_never_leaves()
    {
        var c = Taken(Arrange.Sending());
        var (count, last) = (c.Row.MessageCount, c.Row.LastMessage);
        c.When(new Whisper("Offer a refund."), Sue);

        var whisper = Assert.IsType<MessagePosted>(Assert.Single(c.Emitted).Event);
        Assert.Equal((MessageKind.Note, Visibility.Internal, Arrange.Ann, null, null), (whisper.Kind, whisper.Visibility, whisper.WhisperTo!.Value, whisper.Index, whisper.Delivery));
        Assert.Empty(c.Outbox);
        Assert.Equal((count, last), (c.Row.MessageCount, c.Row.LastMessage));
        Given.Conversation().CustomerWrites().When(new Whisper("Anybody?"), Sue).ThenRefused("nobody_has_it");
    }

    [Fact]
    public void Who_barges_in_takes_part_and_the_owner_stays()
    {
        var c = Taken().When(new StartMonitoring(), Sue).When(new Barge(new("sue")), Sue);

        Assert.Equal(["ParticipantsChanged", "MonitorEnded"], Types(c).Take(2));
        Assert.Equal((Arrange.Ann, 1L), (c.Row.Assignee!.Value, c.Row.Epoch));
        Assert.Equal([new AgentId("sue")], c.Row.Participants!);
        Assert.Empty(c.When(new Barge(new("sue")), Sue).Emitted);
        Assert.Null(c.When(new LeaveConversation(new("sue")), Sue).Row.Participants);
    }

    [Fact]
    public void Who_takes_over_owns_it_and_the_old_owner_is_refused()
    {
        var c = Taken().When(new Barge(new("sue")), Sue).When(new TakeOver(new("sue")), Sue);

        Assert.Equal((new AgentId("sue"), 2L), (c.Row.Assignee!.Value, c.Row.Epoch));
        Assert.Null(c.Row.Participants);
        c.When(new PostMessage(PostKind.Reply, "mine", Epoch: 1)).ThenRefused("stale_epoch");
    }

    [Fact]
    public void What_is_over_has_nobody_in_it()
    {
        var c = Taken().When(new StartMonitoring(), Sue).When(new Close());

        Assert.Contains(c.Emitted, r => r.Event is MonitorEnded { Reason: "over" });
        Assert.All(
            new ConversationCommand[] { new StartMonitoring(), new Whisper("x"), new Barge(new("sue")), new TakeOver(new("sue")) },
            command => c.When(command, Sue).ThenRefused("conversation_closed"));
    }
}
