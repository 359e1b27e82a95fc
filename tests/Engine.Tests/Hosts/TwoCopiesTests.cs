using Conversations.Domain;
using Xunit;

namespace Conversations.Engine.Tests.Hosts;

using ConversationHost = EntityHost<Conversation, ConversationCommand, ConversationEvent, ConversationAnswer>;

/// <summary>
/// Two live copies of one entity, as during a change of a cluster's membership, on a journal that fails (DESIGN.md 5). Each takes one
/// command at a time, as a grain does.
/// </summary>
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
        Copy[] copies = [new(world.Host()), new(world.Host())];

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
                    copies[copy] = new(world.Host()); // a third copy, while the old one may still be at work
                }

                if (await copies[copy].Send(World.Message(id)) is Reply<ConversationAnswer>.Done done)
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

#pragma warning disable CA1001 // A SemaphoreSlim whose wait handle is never asked for holds nothing to dispose.
    private sealed class Copy(ConversationHost host)
#pragma warning restore CA1001
    {
        private readonly SemaphoreSlim _turn = new(1, 1);

        public async Task<Reply<ConversationAnswer>> Send(Envelope<ConversationCommand> envelope)
        {
            await _turn.WaitAsync(World.Cancel);
            try
            {
                return await host.Handle(envelope);
            }
            finally
            {
                _turn.Release();
            }
        }
    }
}
