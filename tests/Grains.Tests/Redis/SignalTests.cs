using Conversations.Engine;
using StackExchange.Redis;
using Xunit;

namespace Conversations.Grains.Tests.Redis;

/// <summary>Signals reach every process, and what is no signal harms nobody.</summary>
public sealed class SignalTests(OneRedis redis)
{
    [Fact]
    public async Task What_one_process_says_all_of_them_hear()
    {
        var options = Journals.New(redis.Configuration);
        await using var one = await Journals.Open(options);
        await using var two = await Journals.Open(options);
        var heard = new[] { new TaskCompletionSource<Signal>(), new TaskCompletionSource<Signal>() };
        one.Signals.Heard += signal => heard[0].TrySetResult(signal);
        two.Signals.Heard += signal => heard[1].TrySetResult(signal);

        await using var stranger = await ConnectionMultiplexer.ConnectAsync(options.Configuration);
        await stranger.GetSubscriber().PublishAsync(RedisChannel.Literal($"{options.Prefix}:signals"), "not a signal");
        var signal = new Signal(new("acme"), "typing/c-1", """{"state":"typing"}""");
        one.Signals.Send(signal);

        foreach (var each in heard)
        {
            Assert.Equal(signal, await each.Task.WaitAsync(TestContext.Current.CancellationToken));
        }
    }
}
