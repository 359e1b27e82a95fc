using NodaTime;
using Xunit;

namespace Conversations.Domain.Tests;

/// <summary>sla.md R-MG1: merging can never buy time.</summary>
public sealed class MergeTests
{
    private static readonly SlaTerms Hour = SlaTargets.Default.ToTerms();

    private static Course Asked(string at, SlaTerms? terms = null) =>
        Course.Start(Arrange.Clock(at), terms ?? Hour).After(new(Arrange.Clock(at), 1, MarkKind.Customer));

    private static Course Answered(string asked, string answered, string again) =>
        Asked(asked).After(new(Arrange.Clock(answered), 2, MarkKind.Reply)).After(new(Arrange.Clock(again), 3, MarkKind.Customer));

    private static Instant? Due(Instance instance) => instance.Stands ? null : instance.Start + Duration.FromSeconds(instance.Pledges[^1].Seconds ?? 0);

    private static (Course Source, Course Target) Merge(Course source, Course target) => ClockMerge.Merge(source, target, Arrange.Clock("13:00"), Due);

    [Fact]
    public void The_earlier_due_stays_with_its_original_start_and_the_sources_ends_as_merged()
    {
        var (source, target) = Merge(Asked("12:00"), Asked("12:30"));
        Assert.All(source.All, i => Assert.Equal((Ending.Merged, Arrange.Clock("13:00")), (i.Ending!.Value, i.EndedAt!.Value)));
        Assert.Equal((1, Arrange.Clock("12:00"), null), (target.FirstResponse!.Number, target.FirstResponse.Start, target.FirstResponse.Ending));
        Assert.Equal(Arrange.Clock("12:00"), target.Resolution!.Start);
        Assert.Equal(Arrange.Clock("12:00"), target.WaitingSince);
    }

    [Fact]
    public void A_later_one_of_the_source_does_not_replace_the_targets()
    {
        var (source, target) = Merge(Asked("12:30"), Asked("12:00"));
        Assert.Equal((Ending.Merged, Arrange.Clock("12:00")), (source.FirstResponse!.Ending!.Value, target.FirstResponse!.Start));
    }

    [Fact]
    public void A_reply_in_the_source_answers_nothing_in_the_target()
    {
        var (_, target) = Merge(Answered("11:00", "11:10", "12:20"), Asked("12:00"));
        Assert.Equal((null, Arrange.Clock("12:00")), (target.FirstResponse!.Ending, target.FirstResponse.Start));
        Assert.Null(target.NextResponse); // one wait has one clock
    }

    [Fact]
    public void A_next_response_of_the_source_goes_on_in_an_answered_target()
    {
        var target = Asked("12:00").After(new(Arrange.Clock("12:10"), 2, MarkKind.Reply));
        var merged = Merge(Answered("11:00", "11:10", "11:20"), target).Target;
        Assert.Equal((1, Arrange.Clock("11:20")), (merged.NextResponse!.Number, merged.NextResponse.Start));

        var answered = merged.After(new(Arrange.Clock("13:05"), 9, MarkKind.Reply));
        Assert.Equal(Ending.Fulfilled, answered.NextResponse!.Ending);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_answer_owed_earlier_stays_due_whether_it_is_called_first_or_next(bool next)
    {
        var (early, late) = next ? (Answered("11:00", "11:10", "12:20"), Asked("12:30")) : (Asked("12:20"), Answered("11:00", "11:10", "12:30"));
        var target = Merge(early, late).Target;
        Assert.Equal(Arrange.Clock("12:20"), (next ? target.FirstResponse : target.NextResponse)!.Start);
        Assert.Equal(Arrange.Clock("12:20"), target.AskedAt);
        Assert.Equal(1, target.All.Count(i => i.Ending is null && i.Metric != Metric.Resolution));
    }

    [Fact]
    public void What_has_ended_in_the_source_stays_as_it_ended()
    {
        var (source, target) = Merge(Asked("11:00").After(new(Arrange.Clock("11:30"), 2, MarkKind.Reply)), Asked("12:00"));
        Assert.Equal(Ending.Fulfilled, source.FirstResponse!.Ending);
        Assert.Equal(Arrange.Clock("12:00"), target.FirstResponse!.Start);
    }
}
