namespace Conversations.Testing;

/// <summary>Time that moves only when the test moves it. Timers fire on <see cref="Advance"/>, each at its own time.</summary>
internal sealed class ManualTime(DateTimeOffset now) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<Timer> _timers = [];
    private readonly List<(Func<DateTimeOffset, bool> Due, TaskCompletionSource<DateTimeOffset> Seen)> _watchers = [];
    private DateTimeOffset _now = now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _now;
        }
    }

    public override long GetTimestamp() => GetUtcNow().Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>
    /// The phase barrier: done when somebody sleeps until such a time. To advance before that would race with whoever is
    /// still about to look at the clock.
    /// </summary>
    public Task<DateTimeOffset> Sleeps(Func<DateTimeOffset, bool> until, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_timers.Find(t => until(t.Due)) is { } sleeping)
            {
                return Task.FromResult(sleeping.Due);
            }

            TaskCompletionSource<DateTimeOffset> seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _watchers.Add((until, seen));
            return seen.Task.WaitAsync(cancellation);
        }
    }

    public Task SleepsUntil(DateTimeOffset due, CancellationToken cancellation) => Sleeps(d => d == due, cancellation);

    public void Advance(TimeSpan by)
    {
        var end = GetUtcNow() + by;
        while (Next(end) is { } due)
        {
            due.Fire();
        }
    }

    private Timer? Next(DateTimeOffset end)
    {
        lock (_gate)
        {
            var due = _timers.Where(t => t.Due <= end).MinBy(t => t.Due);
            _now = due is null ? end : due.Due > _now ? due.Due : _now;
            if (due is not null)
            {
                _timers.Remove(due);
                due.Again();
            }

            return due;
        }
    }

    private void Add(Timer timer)
    {
        _timers.Add(timer);
        foreach (var watcher in _watchers.Where(w => w.Due(timer.Due)).ToArray())
        {
            _watchers.Remove(watcher);
            watcher.Seen.TrySetResult(timer.Due);
        }
    }

    private sealed class Timer(ManualTime owner, Action fire) : ITimer
    {
        private TimeSpan _period = Timeout.InfiniteTimeSpan;

        public DateTimeOffset Due { get; private set; }

        public void Fire() => fire();

        /// <summary>Inside the gate.</summary>
        public void Again()
        {
            if (_period > TimeSpan.Zero)
            {
                Due += _period;
                owner.Add(this);
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (owner._gate)
            {
                owner._timers.Remove(this);
                _period = period;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = owner._now + dueTime;
                    owner.Add(this);
                }
            }

            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
