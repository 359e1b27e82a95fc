using Conversations.Domain;
using Conversations.Engine;

namespace Conversations.Bench;

/// <summary>What people write to each other.</summary>
internal static class Talk
{
    private const string Channel = "chat", ChannelAccount = "main";

    private const string Question =
        "Hi, my order 48213 should have been here on Tuesday and the tracking page still says it is being prepared. Can you look?";

    private const string Reply = "I am sorry about that. The parcel left our warehouse this morning; you will have it tomorrow before noon.";

    public static async Task Register(IEntities entities)
    {
        var reply = await entities.Send(
            AccountId.Default,
            new Envelope<AccountCommand>("bench-channel", Actor.System, new PutChannel(new(Channel, ChannelAccount, Queue: new QueueId("support"))), Strict: false),
            CancellationToken.None);
        _ = reply as Reply<AccountAnswer>.Done ?? throw new InvalidOperationException($"The channel was not registered: {reply}");
    }

    /// <summary>Each sender has threads of its own.</summary>
    public static (Address Address, Envelope<ConversationCommand> Envelope)[][] Commands(int round, int senders, int ofEach, int threadsOfEach) =>
        [.. Enumerable.Range(0, senders).Select(sender => Enumerable.Range(0, ofEach).Select(i =>
        {
            var address = Thread($"{sender}-{i % threadsOfEach}");
            return (address, Next(address, i / threadsOfEach, $"{round}-{sender}-{i}"));
        }).ToArray())];

    public static Address Thread(string name) => new(Channel, ChannelAccount, name);

    /// <summary>The customer writes twice, an agent answers once.</summary>
    public static Envelope<ConversationCommand> Next(Address address, int number, string id) => number % 3 == 2
        ? new($"key/{id}", new(ActorKind.Agent, "ann"), new PostMessage(PostKind.Reply, Reply))
        : new(MessageKey.Of(address, id), new(ActorKind.Customer, $"u-{address.Thread}"), new ReceiveMessage(
            address, new(id, Direction.Inbound, Visibility.Public, null, new($"u-{address.Thread}", "Ada Example", "ada", 120), Question)), Strict: false);

    public static async ValueTask Send(IEntities entities, (Address Address, Envelope<ConversationCommand> Envelope) command)
    {
        var reply = await entities.Send(AccountId.Default, ConversationId.Of(AccountId.Default, command.Address), command.Envelope, CancellationToken.None);
        if (reply is not Reply<ConversationAnswer>.Done { Replayed: false })
        {
            throw new InvalidOperationException($"{command.Envelope.CommandId} was not taken: {reply}");
        }
    }
}
