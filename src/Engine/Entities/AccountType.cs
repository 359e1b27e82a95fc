using System.Text.Json.Serialization.Metadata;
using Conversations.Domain;
using Conversations.Domain.Json;

namespace Conversations.Engine;

public sealed class AccountType(SettingsCache settings) : EntityType<AccountSettings, AccountCommand, AccountEvent, AccountAnswer>
{
    public const string Name = "account";

    private static readonly EventCodec<AccountEvent> Codec = new(DomainJson.Contract);

    public override string Kind => Name;
    public override EventCodec<AccountEvent> Events => Codec;
    public override JsonTypeInfo<AccountSettings> StateJson => DomainJson.Contract.AccountSettings;
    public override JsonTypeInfo<AccountCommand> CommandJson => DomainJson.Contract.AccountCommand;
    public override JsonTypeInfo<AccountAnswer> AnswerJson => DomainJson.Contract.AccountAnswer;
    public override int Format => 1;

    public static EntityKey Key(AccountId account) => new(account, Name, account.Value);

    public override AccountSettings Empty(EntityKey key) => AccountSettings.Empty(key.Account);
    public override long SeqOf(AccountSettings state) => state.Version;
    public override Decision<AccountEvent> Decide(AccountSettings state, AccountCommand command, Context context) => Account.Decide(state, command, context);
    public override AccountSettings Evolve(AccountSettings state, Recorded<AccountEvent> recorded) => Account.Evolve(state, recorded);

    public override AccountAnswer Answer(AccountSettings before, AccountSettings after, AccountCommand command, IReadOnlyList<Recorded<AccountEvent>> events) =>
        Account.Answer(after);

    public override IEnumerable<OutboxMessage> Outbox(AccountSettings after, IReadOnlyList<Recorded<AccountEvent>> events) =>
        events.SelectMany(e => new[] { PromisesTarget.Of(e), DrainTarget.Of(e) }).OfType<OutboxMessage>();

    public override void Durable(AccountSettings state) => settings.Publish(state);
}
