using Conversations.Domain;
using Conversations.Engine;
using Conversations.Gateway.Feed;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace Conversations.Gateway.Tests.Feed;

/// <summary>A store that gives up a read, as Redis' client library does with what waits on a connection that it closes: no watcher misses anything.</summary>
public sealed class FailingFeedTests
{
    private GivingUp? _feed;

    [Fact]
    public async Task What_could_not_be_handed_out_at_once_is_handed_out_later()
    {
        await using var gateway = await Start();
        await using var watcher = await Watcher.Start(gateway.Admin, "topic=account");

        _feed!.GiveUpNext(ofAccount: false);
        (await gateway.Admin.Post("/v1/inbound", Some.Inbound(Some.Id()))).Is(200);

        await watcher.Until(h => h.Type == "message.received");
        Assert.Equal(1, _feed!.GivenUp);
    }

    [Fact]
    public async Task A_stream_whose_past_cannot_be_read_ends_and_does_not_go_on_without_it()
    {
        await using var gateway = await Start();
        (await gateway.Admin.Post("/v1/inbound", Some.Inbound(Some.Id()))).Is(200);
        var query = $"topic=account&cursor={gateway.Beginning}";

        _feed!.GiveUpNext(ofAccount: true);
        await using (var watcher = await Watcher.Start(gateway.Admin, query))
        {
            await Assert.ThrowsAnyAsync<IOException>(watcher.Next);
        }

        Assert.Equal(1, _feed!.GivenUp);
        await using var again = await Watcher.Start(gateway.Admin, query);
        Assert.Contains(await again.Until(h => h.Type == "message.received"), h => h.Type == "channel.registered");
    }

    private async Task<TestGateway> Start()
    {
        var gateway = await TestGateway.Start(configure: builder => builder.Services.AddSingleton(services =>
            ActivatorUtilities.CreateInstance<FeedHub>(services, (IFeed)(_feed = new(services.GetRequiredService<IFeed>())))));
        (await gateway.Admin.Put("/v1/channels/webchat/acme", new { })).Is(200);
        return gateway;
    }

    private sealed class GivingUp(IFeed feed) : IFeed
    {
        private volatile bool _next;
        private volatile bool _ofAccount;
        private int _givenUp;

        public int GivenUp => Volatile.Read(ref _givenUp);
        public string Epoch => feed.Epoch;

        public event Action? Advanced
        {
            add => feed.Advanced += value;
            remove => feed.Advanced -= value;
        }

        /// <param name="ofAccount">Whether of a watcher's own past, or of what all are handed.</param>
        public void GiveUpNext(bool ofAccount) => (_ofAccount, _next) = (ofAccount, true);

        public ValueTask<FeedPosition> Head(CancellationToken cancellation) => feed.Head(cancellation);

        public async ValueTask<IReadOnlyList<FeedEntry>> Read(FeedPosition? after, AccountId? account, int limit, CancellationToken cancellation)
        {
            var entries = await feed.Read(after, account, limit, cancellation);
            if (_next && account is not null == _ofAccount && entries.Count > 0)
            {
                _next = false;
                Interlocked.Increment(ref _givenUp);
                throw new TaskCanceledException("Given up by the connection: nobody asked for it.");
            }

            return entries;
        }

        public ValueTask<FeedPosition> PositionAt(Instant at, CancellationToken cancellation) => feed.PositionAt(at, cancellation);
    }
}
