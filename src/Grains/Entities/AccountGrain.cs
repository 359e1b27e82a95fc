using Conversations.Domain;
using Conversations.Engine;

namespace Conversations.Grains;

[Alias("account")]
public interface IAccountGrain : IEntityGrain
{
    [Alias("ask")]
    Task<Answered<AccountAnswer>> Ask(Envelope<AccountCommand> envelope, CancellationToken cancellation);
}

[GrainType(AccountType.Name)]
internal sealed class AccountGrain(EntityEnvironment environment)
    : EntityGrain<AccountSettings, AccountCommand, AccountEvent, AccountAnswer>(new AccountType(environment.Settings), environment), IAccountGrain
{
    public Task<Answered<AccountAnswer>> Ask(Envelope<AccountCommand> envelope, CancellationToken cancellation) => Handle(envelope, cancellation);
}
