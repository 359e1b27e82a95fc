using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Conversations.Silo.Tests;

public sealed class StoreAwayTests
{
    public static TheoryData<Exception> Failures =>
    [
        new RedisConnectionException(ConnectionFailureType.SocketClosed, "gone"),
        new RedisTimeoutException("late", CommandStatus.Sent),
        new TaskCanceledException("Given up by the connection: nobody asked for it."),
        WrittenToAClosedPipe(),
    ];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task What_a_write_came_to_is_unknown_and_it_may_be_repeated(Exception failure)
    {
        Assert.Equal((true, 504), await Handle("POST", failure));
        Assert.Equal((true, 503), await Handle("GET", failure));
    }

    [Fact]
    public async Task A_fault_of_ours_and_a_client_that_has_gone_are_none_of_it()
    {
        Assert.False((await Handle("POST", new InvalidOperationException("a fault"))).Handled);
        Assert.False((await Handle("POST", new OperationCanceledException(), gone: true)).Handled);
    }

    /// <summary>What a command fails with that was just being written to a connection when this was given up.</summary>
    private static InvalidOperationException WrittenToAClosedPipe()
    {
        var pipe = new Pipe();
        pipe.Writer.Complete();
        return Assert.Throws<InvalidOperationException>(() => pipe.Writer.GetMemory(1));
    }

    private static async Task<(bool Handled, int Status)> Handle(string method, Exception failure, bool gone = false)
    {
        using var services = new ServiceCollection().AddLogging().AddProblemDetails().BuildServiceProvider();
        var context = new DefaultHttpContext { RequestServices = services, RequestAborted = new(canceled: gone) };
        context.Request.Method = method;
        var handled = await new StoreAway(NullLogger<StoreAway>.Instance).TryHandleAsync(context, failure, TestContext.Current.CancellationToken);
        return (handled, context.Response.StatusCode);
    }
}
