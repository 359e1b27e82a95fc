using System.Globalization;
using Spectre.Console;

namespace Conversations.Replaying;

internal static class Display
{
    /// <summary>Violations shown; the JSON report has them all.</summary>
    private const int MostViolations = 20;

    /// <summary>Shows how far it is; nothing if the output goes to a file or pipe.</summary>
    public static Task<Report> WithProgress(Func<IProgress<ReplayStep>?, Task<Report>> run) =>
        Console.IsOutputRedirected
            ? run(null)
            : AnsiConsole.Progress().HideCompleted(true).StartAsync(context => run(new Bars(context)));

    public static void Show(Report report)
    {
        var (figures, delivery) = (report.Figures, report.Delivery);
        var table = new Table().Border(TableBorder.Rounded).AddColumn("Figure").AddColumn(new TableColumn("").RightAligned());
        void Row(string name, FormattableString value) => table.AddRow(name, Markup.Escape(value.ToString(CultureInfo.InvariantCulture)));
        Row("Conversations", $"{figures.Conversations:N0}");
        Row("Messages", $"{figures.Messages:N0}");
        Row("  inbound", $"{figures.Inbound:N0}");
        Row("  outbound", $"{figures.Outbound:N0}");
        Row("Brands", $"{figures.Brands:N0}");
        Row("With a customer message", $"{figures.WithCustomerMessage:N0}");
        Row("Response rate", $"{figures.ResponseRate:P1}");
        Row("Ignored rate (24 h)", $"{figures.IgnoredRate:P1}");
        Row("  too recent to say", $"{figures.Undecided:N0}");
        Row("First response p50 / p90 / p99, s", $"{figures.FirstResponseP50:N0} / {figures.FirstResponseP90:N0} / {figures.FirstResponseP99:N0}");
        Row("First answer to its very tweet p50, s", $"{figures.FirstAnswerP50:N0}");
        Row($"First response within {figures.SlaTarget:N0} s", $"{figures.SlaMet:N0}");
        Row("  later", $"{figures.SlaBreached:N0}");
        Row("  never", $"{figures.Unanswered:N0}");
        table.AddEmptyRow();
        Row("Rows", $"{delivery.Rows:N0}");
        Row("Requests", $"{delivery.Requests:N0}");
        Row("  known already", $"{delivery.Replayed:N0}");
        Row("  tried again", $"{delivery.Retries:N0}");
        Row("Requests per second", $"{delivery.RequestsPerSecond:N0}");
        Row("Latency p50 / p99, ms", $"{delivery.LatencyP50:N1} / {delivery.LatencyP99:N1}");
        Row("Wall time, s", $"{report.WallSeconds:N1}");
        AnsiConsole.Write(table);

        foreach (var (code, count) in delivery.Refused)
        {
            AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[red]Refused[/] {code}: {count:N0}");
        }

        foreach (var violation in report.Violations.Take(MostViolations))
        {
            AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[red]Violated[/] {violation.Rule}: {violation.Conversation}, {violation.Detail}");
        }

        if (report.Violations.Count > MostViolations)
        {
            AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"… and {report.Violations.Count - MostViolations:N0} more");
        }
    }

    private sealed class Bars(ProgressContext context) : IProgress<ReplayStep>
    {
        private readonly Lock gate = new();
        private readonly Dictionary<string, ProgressTask> tasks = [];

        public void Report(ReplayStep value)
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
