using Conversations.Domain;
using Conversations.Engine;

namespace Conversations.Grains;

[Alias("job")]
public interface IJobGrain : IGrainWithStringKey
{
    [Alias("ask")]
    Task<Answered<JobAnswer>> Ask(Envelope<JobCommand> envelope, CancellationToken cancellation);
}

[GrainType(JobType.Name)]
internal sealed class JobGrain(EntityEnvironment environment) : EntityGrain<Job, JobCommand, JobEvent, JobAnswer>(Type, environment), IJobGrain
{
    private static readonly JobType Type = new();

    public Task<Answered<JobAnswer>> Ask(Envelope<JobCommand> envelope, CancellationToken cancellation) => Handle(envelope, cancellation);
}
