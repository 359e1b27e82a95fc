using Conversations.Domain;
using Conversations.Engine.Embedded;
using Xunit;

namespace Conversations.Engine.Tests.Hosts;

using ConversationBox = Mailbox<Conversation, ConversationCommand, ConversationEvent, ConversationAnswer>;

/// <summary>Two live copies of one entity, as during a change of a cluster's membership, on a journal that fails (DESIGN.md 5).</summary>
public sealed class TwoCopiesTests
{
    private const int Clients = 6, Each = 12;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task There_is_one_history_and_each_acked_message_is_in_it_exactly_once(int seed)
    {
        await using var world = await World.Create();
        var random = new Random(seed);
        world.Journal.OnCommit = async (_, commit) =>
        {
            var dice = Next(100);
            await Task.Yield();
            switch (dice)
            {
                case < 10:
                    throw new IOException("before writing");
                case < 20:
                    await commit();
                    throw new TimeoutException("after writing");
                case < 25:
                    throw new StoreOverloadedException("full");
                default:
                    return await commit();
            }
        };
        ConversationBox[] copies = [new(world.Host(), world.Time), new(world.Host(), world.Time)];

        var answers = await Task.WhenAll(Enumerable.Range(0, Clients).Select(Client));

        var history = await world.History();
        Assert.Equal(Enumerable.Range(1, history.Count).Select(i => (long)i), history.Select(e => e.Seq));
        var messages = await world.Messages();
        Assert.Equal(Clients * Each, messages.Length);
        Assert.Equal(messages.Length, messages.Distinct().Count());
        Assert.All(answers.SelectMany(a => a), a => Assert.Equal(messages[(int)a.Answer.MessageIndex!.Value - 1], a.Id));
        for (var client = 0; client < Clients; client++)
        {
            Assert.Equal(Enumerable.Range(0, Each).Select(i => $"{client}-{i}"), messages.Where(m => m.StartsWith($"{client}-", StringComparison.Ordinal)));
        }

        async Task<List<(string Id, ConversationAnswer Answer)>> Client(int client)
        {
            await Task.Yield();
            List<(string, ConversationAnswer)> acked = [];
            while (acked.Count < Each)
            {
                var id = $"{client}-{acked.Count}";
                var copy = Next(2);
                if (Next(10) == 0)
                {
                    copies[copy] = new(world.Host(), world.Time); // a third copy, while the old one may still be at work
                }

                if (await copies[copy].Send(World.Message(id), World.Cancel) is Reply<ConversationAnswer>.Done done)
                {
                    acked.Add((id, done.Answer));
                }
            }

            return acked;
        }

        int Next(int below)
        {
            lock (random)
            {
                return random.Next(below);
            }
        }
    }
}
