using System.Globalization;
using Conversations.Domain.Staffing;
using Spectre.Console;

namespace Conversations.Peaks;

internal static class Display
{
    /// <summary>Shows how far it is; nothing if the output goes to a file or pipe.</summary>
    public static Task<PeakReport> WithProgress(Func<IProgress<PeakStep>?, Task<PeakReport>> run) =>
        Console.IsOutputRedirected
            ? run(null)
            : AnsiConsole.Progress().HideCompleted(true).StartAsync(context => run(new Bars(context)));

    public static void Show(PeakReport report, IReadOnlyList<ExpectationResult> expectations)
    {
        var (service, offers, accounted, system) = (report.Service, report.Offers, report.Accounted, report.System);
        var table = new Table().Border(TableBorder.Rounded).AddColumn("Figure").AddColumn(new TableColumn("").RightAligned());
        void Row(string name, FormattableString value) => table.AddRow(name, Markup.Escape(value.ToString(CultureInfo.InvariantCulture)));
        Row("Arrived", $"{service.Arrived:N0}");
        Row("  answered / left / still waiting", $"{service.Answered:N0} / {service.Left:N0} / {service.StillWaiting:N0}");
        Row("Service level", $"{service.ServiceLevel:P1}");
        if (report.Expected is { } expected)
        {
            Row($"  {expected.Model}: {expected.Erlangs:N1} erl on {expected.Slots:N0} slots", $"{expected.ServiceLevel:P1}");
        }

        Row("Wait mean / p50 / p90 / p99, s", $"{service.Asa:N1} / {service.WaitP50:N1} / {service.WaitP90:N1} / {service.WaitP99:N1}");
        Row("Occupancy", $"{service.Occupancy:P1}");
        Row("Slot time, s", $"{service.SlotTime:N1}");
        Row("First response in time / late", $"{service.SlaMet:N0} / {service.SlaBreached:N0}");
        table.AddEmptyRow();
        Row("Offers made", $"{offers.Made:N0}");
        Row("  accepted / rejected / expired / rescinded / canceled", $"{offers.Accepted:N0} / {offers.Rejected:N0} / {offers.Expired:N0} / {offers.Rescinded:N0} / {offers.Canceled:N0}");
        Row("Arrival → offer p50 / p99, ms, as journaled", $"{offers.ArrivalP50:N1} / {offers.ArrivalP99:N1}");
        Row($"  as seen from outside ({offers.ArrivalSamples:N0})", $"{offers.SeenP50:N1} / {offers.SeenP99:N1}");
        Row($"Freed → next offer p50 / p99, ms, as seen ({offers.NextSamples:N0})", $"{offers.NextP50:N1} / {offers.NextP99:N1}");
        Row("Offers expired late p99, ms", $"{offers.ExpiryP99:N1}");
        Row("Over capacity", $"{offers.OverCapacity:N0}");
        Row("Double assignments", $"{offers.DoubleAssigned:N0}");
        table.AddEmptyRow();
        Row("Opened", $"{accounted.Opened:N0}");
        Row("  served / left / closed otherwise", $"{accounted.Served:N0} / {accounted.Left:N0} / {accounted.ClosedOtherwise:N0}");
        Row("  unfinished", $"{accounted.Unfinished:N0}");
        Row("  lost", $"{accounted.Lost:N0}");
        Row("Errors", $"{system.Errors.Values.Sum():N0}");
        Row("Tried again", $"{system.Retries:N0}");
        Row("Feed events / resets / reconnects", $"{system.FeedEvents:N0} / {system.FeedResets:N0} / {system.FeedReconnects:N0}");
        Row("This process late p99 / most, ms", $"{system.LatenessP99:N1} / {system.LatenessMost:N1}");
        Row("Wall time, s", $"{report.WallSeconds:N1}");
        AnsiConsole.Write(table);

        foreach (var (error, count) in system.Errors)
        {
            AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[red]Error[/] {error}: {count:N0}");
        }

        foreach (var lost in accounted.Which)
        {
            AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[red]Lost[/] {lost}");
        }

        foreach (var result in expectations)
        {
            AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"{(result.Met ? "Met" : "NOT MET")}: {result.Expectation} (it is {result.Seen?.ToString("0.####", CultureInfo.InvariantCulture) ?? "not measured"})");
        }
    }

    public static void Show(IReadOnlyList<StaffingNeed> plan)
    {
        var table = new Table().Border(TableBorder.Rounded);
        foreach (var column in new[] { "From", "Arrivals", "Erlangs", "Slots for service", "for occupancy", "Slots", "Agents", "Service level", "ASA, s", "Occupancy", "Abandoned" })
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        static string Text(FormattableString value) => Markup.Escape(value.ToString(CultureInfo.InvariantCulture));
        foreach (var need in plan)
        {
            table.AddRow(
                Text($@"{need.Interval.Start.ToDateTimeOffset() - DateTimeOffset.UnixEpoch:hh\:mm}"), Text($"{need.Interval.Arrivals:N0}"), Text($"{need.Erlangs:N1}"),
                Text($"{need.ForService:N0}"), Text($"{need.ForOccupancy:N0}"), Text($"{need.Slots:N0}"), Text($"{need.Agents:N0}"),
                Text($"{need.ServiceLevel:P1}"), Text($"{need.Asa?.TotalSeconds:N1}"), Text($"{need.Occupancy:P1}"), Text($"{need.Abandoned:P1}"));
        }

        AnsiConsole.Write(table);
    }

    private sealed class Bars(ProgressContext context) : IProgress<PeakStep>
    {
        private readonly Lock gate = new();
        private readonly Dictionary<string, ProgressTask> tasks = [];

        public void Report(PeakStep value)
        {
            lock (gate)
            {
                if (!tasks.TryGetValue(value.Part, out var task))
                {
                    tasks[value.Part] = task = context.AddTask(value.Part, maxValue: value.Of);
                }

                task.Value = Math.Max(task.Value, value.Done);
            }
        }
    }
}
