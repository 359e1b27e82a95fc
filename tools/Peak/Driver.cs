using System.Threading.Channels;

namespace Conversations.Peaks;

/// <summary>
/// Runs a simulation against a gateway. One loop owns the simulation: it passes time, hands over what the feed and the
/// answers say, and sends what people do; requests go out side by side. So one process plays tens of thousands of agents.
/// </summary>
internal sealed class Driver(Simulation simulation, Scenario scenario, Gateway gateway, TimeProvider time)
{
    private readonly Channel<Action> inputs = Channel.CreateUnbounded<Action>(new() { SingleReader = true });
    private long started;
    private int underWay;

    public static readonly TimeSpan ShowEvery = TimeSpan.FromMilliseconds(500);

    /// <summary>From now until everything is over, or until the drain's time is.</summary>
    public async Task Run(string cursor, Watcher watcher, Action? show, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var watch = watcher.Run(cursor, change => inputs.Writer.TryWrite(() => simulation.See(change)), stop.Token);
        _ = watch.ContinueWith(ended => inputs.Writer.TryComplete(ended.Exception?.InnerException), CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        await await Task.WhenAny(watcher.Watching, watch);

        started = time.GetTimestamp();
        var shown = TimeSpan.Zero;
        var end = scenario.Real(scenario.Arrivals.Length + scenario.Drain);
        simulation.Start();
        await using var alarm = time.CreateTimer(_ => inputs.Writer.TryWrite(static () => { }), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        try
        {
            while (!(simulation.IsOver && underWay == 0) && Now < end)
            {
                simulation.Pass(Now);
                SendAll(stop.Token);
                if (show is not null && Now - shown >= ShowEvery)
                {
                    shown = Now;
                    show();
                }

                Set(alarm, end);
                if (!await inputs.Reader.WaitToReadAsync(cancellation))
                {
                    break;
                }

                while (inputs.Reader.TryRead(out var input))
                {
                    simulation.Pass(Now);
                    input();
                    SendAll(stop.Token);
                }
            }

            show?.Invoke();
        }
        finally
        {
            await stop.CancelAsync();
        }

        try
        {
            await watch;
        }
        catch (OperationCanceledException)
        {
            // asked for
        }
    }

    private TimeSpan Now => time.GetElapsedTime(started);

    /// <summary>Wakes the loop for whatever is due next; a timer counts whole milliseconds, rounded up so that it is not asked twice.</summary>
    private void Set(ITimer alarm, TimeSpan end)
    {
        var next = simulation.NextDue is { } due && due < end ? due : end;
        var wait = Math.Clamp(Math.Ceiling((next - Now).TotalMilliseconds), 0, ShowEvery.TotalMilliseconds);
        alarm.Change(TimeSpan.FromMilliseconds(wait), Timeout.InfiniteTimeSpan);
    }

    private void SendAll(CancellationToken cancellation)
    {
        while (simulation.Requests.TryDequeue(out var request))
        {
            underWay++;
            if (request.About is { } customer)
            {
                customer.Last = Send(request, customer.Last, cancellation);
            }
            else
            {
                _ = Send(request, Task.CompletedTask, cancellation);
            }
        }
    }

    private async Task Send(Request request, Task after, CancellationToken cancellation)
    {
        try
        {
            await after; // never fails: a failed request ends the run
            var answer = await gateway.Do(request, cancellation);
            inputs.Writer.TryWrite(() =>
            {
                underWay--;
                simulation.Hear(request, answer);
            });
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // the run is over; what the gateway made of it the histories tell
        }
        catch (Exception e)
        {
            inputs.Writer.TryComplete(e);
        }
    }
}
