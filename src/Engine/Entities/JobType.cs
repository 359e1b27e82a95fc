using System.Text.Json.Serialization.Metadata;
using Conversations.Domain;
using Conversations.Domain.Json;

namespace Conversations.Engine;

public sealed class JobType : EntityType<Job, JobCommand, JobEvent, JobAnswer>
{
    public const string Name = "job";

    /// <summary>Who works on a job: the outbox, so that it goes on after any crash, in either engine.</summary>
    public const string Target = "job";

    public override string Kind => Name;
    public override EventCodec<JobEvent> Events { get; } = new(DomainJson.Contract);
    public override JsonTypeInfo<Job> StateJson => DomainJson.Contract.Job;
    public override JsonTypeInfo<JobCommand> CommandJson => DomainJson.Contract.JobCommand;
    public override JsonTypeInfo<JobAnswer> AnswerJson => DomainJson.Contract.JobAnswer;
    public override int Format => Job.Format;

    public static EntityKey Key(AccountId account, JobId id) => new(account, Name, id.Value);

    public override Job Empty(EntityKey key) => Job.Empty(key.Account, JobId.Of(key.Id));
    public override long SeqOf(Job state) => state.Seq;
    public override Decision<JobEvent> Decide(Job state, JobCommand command, Context context) => JobDecider.Decide(state, command, context);
    public override Job Evolve(Job state, Recorded<JobEvent> recorded) => Job.Evolve(state, recorded);
    public override JobAnswer Answer(Job before, Job after, JobCommand command, IReadOnlyList<Recorded<JobEvent>> events) => JobAnswer.Of(after);

    public override IEnumerable<OutboxMessage> Outbox(Job after, IReadOnlyList<Recorded<JobEvent>> events) =>
        from recorded in events
        let what = recorded.Event switch { JobStarted => "run", UndoStarted => "undo", _ => null }
        where what is not null
        select new OutboxMessage($"{after.Id}/{what}", Target, after.Id.Value, after.Id.Value);
}
