using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Conversations.Grains.Redis;

/// <summary>
/// Tells this process and the others what has advanced. Here at once; to the others over Redis' pub/sub, in one message for
/// all that was committed while the last one was on its way, so that it costs a busy Redis little. Pub/sub may lose a message:
/// now and then each process looks for itself.
/// </summary>
internal sealed partial class News : IAsyncDisposable
{
    /// <summary>Between two messages of one process: bounds what all the others have to hear to 500 messages a second.</summary>
    private static readonly TimeSpan Gap = TimeSpan.FromMilliseconds(2);

    private readonly string _sender = Guid.NewGuid().ToString("n")[..12];
    private readonly RedisLink _link;
    private readonly Heads _heads;
    private readonly RedisChannel _channel;
    private readonly TimeProvider _time;
    private readonly TimeSpan _poll;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<int, (long Head, bool Changed)> _toTell = [];
    private readonly Action?[] _changed;
    private Action? _anyChanged;
    private Task _telling = Task.CompletedTask;
    private bool _isTelling; // under the gate: a task that has seen that nothing is left may not be completed yet
    private Task _looking = Task.CompletedTask;

    public News(RedisLink link, Keys keys, Heads heads, RedisOptions options, TimeProvider time, ILogger log)
    {
        (_link, _heads, _time, _poll, _log) = (link, heads, time, options.SafetyPoll, log);
        _channel = RedisChannel.Literal(keys.News);
        _changed = new Action?[keys.Partitions];
    }

    /// <summary>The feed has more.</summary>
    public event Action? Advanced;

    public void OnChanged(int partition, Action handler, bool add)
    {
        lock (_gate)
        {
            _changed[partition] = add ? _changed[partition] + handler : _changed[partition] - handler;
        }
    }

    /// <summary>A deadline or the outbox of any partition.</summary>
    public event Action? AnyChanged
    {
        add
        {
            lock (_gate)
            {
                _anyChanged += value;
            }
        }

        remove
        {
            lock (_gate)
            {
                _anyChanged -= value;
            }
        }
    }

    public async Task Start()
    {
        _heads.Discovered += OnDiscovered;
        await _link.ReadConnection.GetSubscriber().SubscribeAsync(_channel, (_, message) => Hear(message));
        _link.ReadConnection.ConnectionRestored += OnRestored;
        _looking = Look();
    }

    /// <summary>A commit of this process was acknowledged.</summary>
    public void Committed(int partition, long head, bool advanced, bool changed)
    {
        if (advanced)
        {
            _heads.Note(partition, head);
        }

        if (advanced || changed)
        {
            Tell(partition, head, changed);
            Raise(changed ? partition : null, advanced);
        }
    }

    private void Tell(int partition, long head, bool changed)
    {
        lock (_gate)
        {
            _toTell[partition] = _toTell.TryGetValue(partition, out var waiting) ? (Math.Max(waiting.Head, head), waiting.Changed | changed) : (head, changed);
            if (!_isTelling && !_stopping.IsCancellationRequested)
            {
                _isTelling = true;
                _telling = TellAll();
            }
        }
    }

    private async Task TellAll()
    {
        await Task.Yield();
        while (true)
        {
            var text = new StringBuilder(_sender);
            lock (_gate)
            {
                if (_toTell.Count == 0)
                {
                    _isTelling = false;
                    return;
                }

                foreach (var (partition, (head, changed)) in _toTell)
                {
                    text.Append(CultureInfo.InvariantCulture, $" {partition}:{head}{(changed ? "!" : "")}");
                }

                _toTell.Clear();
            }

            try
            {
                await _link.Commits.PublishAsync(_channel, text.ToString());
                await Task.Delay(Gap, _time, _stopping.Token);
            }
            catch (OperationCanceledException)
            {
                // stopping: what is left is told at once
            }
#pragma warning disable CA1031 // Lost like any message may be: the others look for themselves.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                LogNotTold(failure);
            }
        }
    }

    private void Hear(RedisValue message)
    {
        var words = ((string)message!).Split(' ');
        if (words[0] == _sender)
        {
            return;
        }

        foreach (var word in words.AsSpan(1))
        {
            var changed = word[^1] == '!';
            var colon = word.IndexOf(':', StringComparison.Ordinal);
            var partition = int.Parse(word.AsSpan(0, colon), CultureInfo.InvariantCulture);
            _heads.Note(partition, long.Parse(word.AsSpan()[(colon + 1)..^(changed ? 1 : 0)], CultureInfo.InvariantCulture));
            if (changed)
            {
                Raise(partition, advanced: false);
            }
        }

        Raise(partition: null, advanced: true);
    }

    private void OnDiscovered(IReadOnlyList<int> partitions)
    {
        foreach (var partition in partitions)
        {
            Raise(partition, advanced: false);
        }

        Raise(partition: null, advanced: true);
    }

    /// <summary>What was said while the connection was away is lost.</summary>
    private void OnRestored(object? sender, ConnectionFailedEventArgs e) => _ = Catch(LookOnce);

    private async Task Look()
    {
        using var timer = new PeriodicTimer(_poll, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                await Catch(LookOnce);
            }
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
    }

    private async Task LookOnce()
    {
        await _heads.Refresh(_stopping.Token);
        if (await _heads.ReadEpochs(_stopping.Token))
        {
            Raise(partition: null, advanced: true);
        }
    }

    private async Task Catch(Func<Task> look)
    {
        try
        {
            await look();
        }
#pragma warning disable CA1031 // Redis is not answering; the next look may have better luck.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            if (!_stopping.IsCancellationRequested)
            {
                LogNotLooked(failure.Message);
            }
        }
    }

    private void Raise(int? partition, bool advanced)
    {
        if (partition is { } one)
        {
            Call(_changed[one]);
            Call(_anyChanged);
        }

        if (advanced)
        {
            Call(Advanced);
        }
    }

    /// <summary>One handler's failure must not keep the news from the others, nor fail the commit it is about.</summary>
    private void Call(Action? handlers)
    {
        foreach (var handler in Delegate.EnumerateInvocationList(handlers))
        {
            try
            {
                handler();
            }
#pragma warning disable CA1031
            catch (Exception e)
#pragma warning restore CA1031
            {
                LogHandlerFailed(e);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _heads.Discovered -= OnDiscovered;
        _link.ReadConnection.ConnectionRestored -= OnRestored;
        await _stopping.CancelAsync();
        await _looking;
        await _telling;
        _stopping.Dispose();
    }

    [LoggerMessage(EventId = 40, Level = LogLevel.Warning, Message = "Other processes could not be told of new commits; they look for themselves within the safety poll.")]
    private partial void LogNotTold(Exception failure);

    [LoggerMessage(EventId = 41, Level = LogLevel.Warning, Message = "Redis could not be asked for what other processes committed: {Error}")]
    private partial void LogNotLooked(string error);

    [LoggerMessage(EventId = 42, Level = LogLevel.Error, Message = "A handler of Changed or Advanced failed")]
    private partial void LogHandlerFailed(Exception exception);
}
