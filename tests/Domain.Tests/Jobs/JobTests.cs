using System.Text.Json;
using Conversations.Domain.Json;
using NodaTime;
using Xunit;

namespace Conversations.Domain.Tests.Jobs;

/// <summary>Bulk jobs (routing.md 9), as far as they are decided.</summary>
public sealed class JobTests
{
    [Fact]
    public void A_job_lists_works_and_ends_and_its_start_says_who_and_what()
    {
        var job = JobScenario.Listed(250).WorkedOff();

        Assert.Equal(
            [typeof(JobStarted), typeof(ItemsFrozen), typeof(ItemsFrozen), typeof(ItemsFrozen), typeof(JobProgressed), typeof(JobProgressed), typeof(JobProgressed), typeof(JobFinished)],
            job.History.Select(r => r.Event.GetType()));
        Assert.Equal(JobStatus.Finished, job.State.Status);
        Assert.Equal((250, 3, 3), (job.State.Total, job.State.Chunks, job.State.Worked));
        Assert.Equal(new JobTally(Done: 250), job.State.Tally);
        Assert.Equal(JobScenario.Sue, job.State.By);
        Assert.Equal(Arrange.Noon, job.State.FinishedAt);
    }

    [Fact]
    public void Every_chunk_lies_where_its_number_says()
    {
        var job = new JobScenario().When(new StartJob(new(new Close()), [.. Enumerable.Range(0, 250).Select(JobScenario.C)]));
        Assert.Equal(3, job.State.NamedChunks);
        job.When(new FreezeItems(0, JobScenario.Items(0, 200), new(200, "")), Actor.System).When(new FreezeItems(2, JobScenario.Items(200, 50), null), Actor.System);
        job.When(new RecordResults(0, [JobScenario.Done(100)])).When(new CancelJob()).When(new RecordResults(1, [JobScenario.Done(100)]));

        for (var chunk = 0; chunk < 3; chunk++)
        {
            Assert.Equal(chunk, Assert.IsType<ItemsFrozen>(job.History[(int)job.State.FrozenFrom + chunk - 1].Event).Chunk);
            Assert.IsType<ItemsNamed>(job.History[1 + chunk].Event);
        }

        Assert.Equal(0, Assert.IsType<JobProgressed>(job.History[(int)job.State.ResultsFrom - 1].Event).Chunk);
        Assert.Equal(1, Assert.IsType<JobProgressed>(job.History[(int)job.State.ResultsFrom + 1].Event).Chunk); // after the cancellation
        Assert.Equal(JobStatus.Cancelled, job.State.Status);
        job.When(new UndoJob()).When(new RecordUndone(0, [JobScenario.Done(100), JobScenario.Done(100)]));
        Assert.Equal(1, Assert.IsType<UndoProgressed>(job.History[(int)job.State.UndoFrom].Event).Chunk);
        Assert.Equal(JobStatus.Undone, job.State.Status);
    }

    [Fact]
    public void Doubles_count_once()
    {
        var job = new JobScenario().When(new StartJob(new(new Close()), [JobScenario.C(1), JobScenario.C(2), JobScenario.C(1)]));

        Assert.Equal(2, job.State.Named);
        Assert.Equal([JobScenario.C(1), JobScenario.C(2)], Assert.IsType<ItemsNamed>(job.Emitted[1]).Ids);
    }

    [Fact]
    public void A_filter_that_finds_nothing_ends_at_once()
    {
        Assert.Equal(JobStatus.Finished, JobScenario.Listed(0).State.Status);
    }

    [Fact]
    public void What_is_recorded_already_is_accepted_and_records_nothing()
    {
        var job = JobScenario.Listed(250);
        job.When(new FreezeItems(0, JobScenario.Items(0, 100), null));
        Assert.Empty(job.Emitted);
        job.When(new RecordResults(0, [JobScenario.Done(100)])).When(new RecordResults(0, [JobScenario.Done(100)]));
        Assert.Empty(job.Emitted);
        Assert.Equal(1, job.State.Worked);
        job.WorkedOff().When(new UndoJob()).When(new UndoJob());
        Assert.Empty(job.Emitted);
        job.When(new RecordUndone(0, [JobScenario.Done(100)])).When(new RecordUndone(0, [JobScenario.Done(100)]));
        Assert.Empty(job.Emitted);
        Assert.Null(job.Refusal);
    }

    [Fact]
    public void Cancelled_while_it_lists_it_has_done_nothing()
    {
        var job = new JobScenario().When(new StartJob(new(new Close(), new(Queue: Arrange.Care)))).When(new CancelJob());
        Assert.Equal(JobStatus.Cancelled, job.State.Status);

        job.When(new FreezeItems(0, JobScenario.Items(0, 5), null));
        Assert.Empty(job.Emitted);
        Assert.Equal("nothing_to_undo", job.When(new UndoJob()).Refusal?.Code);
    }

    [Fact]
    public void Cancelled_while_it_works_it_ends_with_what_was_under_way()
    {
        var job = JobScenario.Listed(250).When(new RecordResults(0, [JobScenario.Done(100)])).When(new CancelJob());
        Assert.Equal(JobStatus.Cancelling, job.State.Status);

        job.When(new RecordResults(1, [JobScenario.Done(100)]));

        Assert.Equal(JobStatus.Cancelled, job.State.Status);
        Assert.Equal(200, job.State.Tally.Done);
        job.When(new CancelJob());
        Assert.Empty(job.Emitted);
    }

    [Fact]
    public void Cancelled_with_the_last_chunk_under_way_it_is_finished()
    {
        var job = JobScenario.Listed(50).When(new CancelJob()).When(new RecordResults(0, [JobScenario.Done(50)]));

        Assert.Equal(JobStatus.Finished, job.State.Status);
    }

    [Fact]
    public void Undoing_is_possible_for_ten_minutes_after_the_end_and_not_before()
    {
        var job = JobScenario.Listed(50);
        Assert.Equal("job_running", job.When(new UndoJob()).Refusal?.Code);
        job.WorkedOff();
        Assert.Equal(Arrange.Noon + Duration.FromMinutes(10), job.State.UndoUntil);

        job.Now = Arrange.Noon + Duration.FromMinutes(10) + Duration.FromMilliseconds(1);
        Assert.Equal("undo_expired", job.When(new UndoJob()).Refusal?.Code);

        job.Now = Arrange.Noon + Duration.FromMinutes(10);
        Assert.Null(job.When(new UndoJob(), new(ActorKind.Supervisor, "tom")).Refusal);
        Assert.Equal("tom", job.State.UndoneBy?.Id);
        Assert.Null(job.State.UndoUntil);
    }

    [Fact]
    public void A_dry_run_has_nothing_to_undo()
    {
        var job = JobScenario.Listed(50, dryRun: true).WorkedOff();

        Assert.Null(job.State.UndoUntil);
        Assert.Equal("nothing_to_undo", job.When(new UndoJob()).Refusal?.Code);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void It_has_either_a_filter_or_names(bool both)
    {
        var job = new JobScenario().When(new StartJob(new(new Close(), both ? new(Queue: Arrange.Care) : null), both ? [JobScenario.C(1)] : null));

        Assert.Equal("invalid_selection", job.Refusal?.Code);
        Assert.False(job.State.Exists);
    }

    [Fact]
    public void Not_everything_is_done_to_many()
    {
        Assert.Equal("invalid_action", new JobScenario().When(new StartJob(new(new PostMessage(PostKind.Reply, "hi"), new(Queue: Arrange.Care)))).Refusal?.Code);
    }

    [Fact]
    public void The_state_stays_small_however_many_items_it_has()
    {
        var job = JobScenario.Listed(5_000).WorkedOff();

        Assert.True(JsonSerializer.SerializeToUtf8Bytes(job.State, DomainJson.Contract.Job).Length < 2_000);
        Assert.True(job.History.Max(r => JsonSerializer.SerializeToUtf8Bytes(r.Event, DomainJson.Contract.JobEvent).Length) < 20_000);
    }

    public static TheoryData<ConversationCommand> Undoable =>
    [
        new Assign(Arrange.Ben, null), new Assign(null, Arrange.Billing), new Transfer(Arrange.Billing, null, null, "please"), new Transfer(null, null, "french"),
        new Close("solved"), new SetPriority(Priority.Urgent, "storm"), new ChangeLabels(["storm", "vip"], ["calm"]),
    ];

    [Theory]
    [MemberData(nameof(Undoable))]
    public void What_undoes_it_brings_back_what_was(ConversationCommand command)
    {
        var c = Given.Conversation().CustomerWrites().When(new Assign(Arrange.Ann, null)).When(new ChangeLabels(["calm", "vip"])).When(new SetPriority(Priority.High, "angry"));
        var before = c.Row;

        c.When(command).When(JobUndo.Of(command, before)!);

        Assert.Null(c.Refusal);
        Assert.Equal(
            (before.Queue, before.Assignee, before.Skill, before.Status, before.Priority, before.PriorityReason),
            (c.Row.Queue, c.Row.Assignee, c.Row.Skill, c.Row.Status, c.Row.Priority, c.Row.PriorityReason));
        Assert.Equal(before.Labels, c.Row.Labels);
    }
}
