using NodaTime;

namespace Conversations.Domain.Tests.Jobs;

/// <summary>One bulk job without an engine: decides, assigns seq and evolves. Time moves only when the test says so.</summary>
internal sealed class JobScenario
{
    public static readonly Actor Sue = new(ActorKind.Supervisor, "sue");
    public static readonly JobId Id = JobId.Of(Arrange.Account, "key/sue/1");

    public Instant Now { get; set; } = Arrange.Noon;
    public Job State { get; private set; } = Job.Empty(Arrange.Account, Id);
    public List<Recorded<JobEvent>> History { get; } = [];
    public IReadOnlyList<JobEvent> Emitted { get; private set; } = [];
    public Refusal? Refusal { get; private set; }

    public JobScenario When(JobCommand command, Actor? by = null)
    {
        (Emitted, Refusal) = ([], null);
        switch (JobDecider.Decide(State, command, new(Now, by ?? Sue, Arrange.Settings())))
        {
            case Decision<JobEvent>.Refused refused:
                Refusal = refused.Refusal;
                break;
            case Decision<JobEvent>.Accepted accepted:
                Emitted = accepted.Events;
                foreach (var e in accepted.Events)
                {
                    History.Add(new(State.Seq + 1, Now, by ?? Sue, "cmd", e));
                    State = Job.Evolve(State, History[^1]);
                }

                break;
        }

        return this;
    }

    public static ConversationId C(int number) => new($"c{number:00000}");

    public static FrozenItem[] Items(int from, int count) => [.. Enumerable.Range(from, count).Select(n => new FrozenItem(C(n), 3, new PutBack(Arrange.Care, null, null)))];

    public static ItemResult[] Done(int count) => [.. Enumerable.Repeat(new ItemResult(ItemOutcome.Done, 4, Changed: true), count)];

    /// <summary>A job over a filter, listed.</summary>
    public static JobScenario Listed(int items, ConversationCommand? command = null, bool dryRun = false) => new JobScenario()
        .When(new StartJob(new(command ?? new Assign(Arrange.Ann, null), new(Queue: Arrange.Care), DryRun: dryRun)))
        .When(new FreezeItems(0, Items(0, items), null), Actor.System);

    /// <summary>All its chunks recorded as done.</summary>
    public JobScenario WorkedOff()
    {
        while (State.Status is JobStatus.Running)
        {
            When(new RecordResults(State.Worked, [Done(Math.Min(Job.ChunkSize, State.Total - (State.Worked * Job.ChunkSize)))]), Actor.System);
        }

        return this;
    }
}
