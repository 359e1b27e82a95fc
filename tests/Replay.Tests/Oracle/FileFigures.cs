using System.Globalization;
using System.Text;

namespace Conversations.Oracle;

/// <summary>
/// What a replay must report, worked out straight from the file. It shares nothing with the replay, not even the CSV
/// reader, so that a mistake would have to be made twice. Properties are named and ordered as in the replay's figures:
/// both written as JSON must be the same text.
/// </summary>
/// <param name="Conversations">Threads: answers followed to a tweet that answers nothing, or is not in the file.</param>
/// <param name="FirstAnswerP50">First brand's tweet of a thread minus the tweet it answers, in seconds.</param>
internal sealed record FileFigures(
    int Conversations,
    int Messages,
    int Inbound,
    int Outbound,
    int Brands,
    int WithCustomerMessage,
    int Answered,
    double? ResponseRate,
    int Ignored,
    double? IgnoredRate,
    int Undecided,
    long? FirstResponseP50,
    long? FirstResponseP90,
    long? FirstResponseP99,
    long? FirstAnswerP50,
    int SlaTarget,
    int SlaMet,
    int SlaBreached,
    int Unanswered)
{
    private const long Day = 24 * 60 * 60;

    private static readonly string[] Months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

    public static FileFigures OfFile(string path, int slaTarget = 3_600) => Of(File.ReadAllText(path, Encoding.UTF8), slaTarget);

    public static FileFigures Of(string csv, int slaTarget = 3_600)
    {
        var lines = Csv(csv);
        var header = lines[0];
        int Column(string name) => header.IndexOf(name);
        var (id, author, inbound, at, parent) = (Column("tweet_id"), Column("author_id"), Column("inbound"), Column("created_at"), Column("in_response_to_tweet_id"));
        var rows = lines.Skip(1).Select(l => new Line(l[id], l[author], l[inbound] == "True", Time(l[at]), l[parent])).ToDictionary(l => l.Id);

        string Top(string tweet) => rows.TryGetValue(tweet, out var row) && row.Parent != "" ? Top(row.Parent) : tweet;
        var threads = rows.Values.ToLookup(r => Top(r.Id));
        var end = rows.Count == 0 ? 0 : rows.Values.Max(r => r.At);

        List<long> waits = [];
        List<long> answers = [];
        int asked = 0, ignored = 0, undecided = 0, met = 0;
        foreach (var thread in threads)
        {
            long? question = null, reply = null;
            Line? opening = null;
            // Of one second the customer's come first: a reply "at" the question counts.
            foreach (var row in thread.OrderBy(r => r.At).ThenBy(r => r.Inbound ? 0 : 1).ThenBy(r => long.Parse(r.Id, CultureInfo.InvariantCulture)))
            {
                if (row.Inbound)
                {
                    question ??= row.At;
                    continue;
                }

                opening ??= row;
                if (question is not null)
                {
                    reply ??= row.At;
                }
            }

            if (opening is not null && rows.TryGetValue(opening.Parent, out var answered))
            {
                answers.Add(opening.At - answered.At);
            }

            if (question is not { } since)
            {
                continue;
            }

            asked++;
            if (reply is { } then)
            {
                waits.Add(then - since);
                met += then - since > slaTarget ? 0 : 1;
            }
            else if (since + Day < end)
            {
                ignored++;
            }
            else
            {
                undecided++;
            }
        }

        return new(
            threads.Count, rows.Count, rows.Values.Count(r => r.Inbound), rows.Values.Count(r => !r.Inbound),
            rows.Values.Where(r => !r.Inbound).Select(r => r.Author).ToHashSet().Count, asked, waits.Count, Share(waits.Count, asked), ignored, Share(ignored, asked),
            undecided, Rank(waits, 0.50m), Rank(waits, 0.90m), Rank(waits, 0.99m), Rank(answers, 0.50m), slaTarget, met, waits.Count - met, ignored + undecided);
    }

    private static double? Share(double part, int whole) => whole > 0 ? part / whole : null;

    /// <summary>Nearest rank, by counting: the first value that enough of the others do not exceed.</summary>
    private static long? Rank(List<long> values, decimal share)
    {
        var needed = share * values.Count;
        var seen = 0;
        foreach (var group in values.GroupBy(v => v).OrderBy(g => g.Key))
        {
            seen += group.Count();
            if (seen >= needed)
            {
                return group.Key;
            }
        }

        return null;
    }

    /// <summary><c>Tue Oct 31 22:10:47 +0000 2017</c> → Unix seconds.</summary>
    private static long Time(string text)
    {
        var part = text.Split(' ', ':');
        int Number(int i) => int.Parse(part[i], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var offset = Number(6);
        var day = new DateOnly(Number(7), Array.IndexOf(Months, part[1]) + 1, Number(2)).DayNumber - new DateOnly(1970, 1, 1).DayNumber;
        return (day * Day) + (Number(3) * 3_600) + (Number(4) * 60) + Number(5) - (offset / 100 * 3_600) - (offset % 100 * 60);
    }

    /// <summary>RFC 4180: commas, quotes doubled inside quotes, line breaks inside quotes, CRLF or LF.</summary>
    private static List<List<string>> Csv(string text)
    {
        List<List<string>> lines = [];
        List<string> line = [];
        var field = new StringBuilder();
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quoted)
            {
                if (c != '"')
                {
                    field.Append(c);
                }
                else if (i + 1 < text.Length && text[i + 1] == '"')
                {
                    field.Append('"');
                    i++;
                }
                else
                {
                    quoted = false;
                }
            }
            else if (c == '"')
            {
                quoted = true;
            }
            else if (c is ',' or '\n')
            {
                line.Add(field.ToString());
                field.Clear();
                if (c == '\n')
                {
                    lines.Add(line);
                    line = [];
                }
            }
            else if (c != '\r')
            {
                field.Append(c);
            }
        }

        if (line.Count > 0 || field.Length > 0)
        {
            line.Add(field.ToString());
            lines.Add(line);
        }

        return lines;
    }

    private sealed record Line(string Id, string Author, bool Inbound, long At, string Parent);
}
