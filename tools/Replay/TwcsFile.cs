using System.Globalization;
using System.Text.RegularExpressions;
using CsvHelper;
using CsvHelper.Configuration;

namespace Conversations.Replaying;

/// <summary>One row of the file.</summary>
/// <param name="Author">A brand's handle, or the number a customer was anonymised to.</param>
/// <param name="Inbound">Written by a customer; otherwise by a brand.</param>
/// <param name="Text">As it stands in the file, entities (<c>&amp;amp;</c>) included.</param>
internal sealed record Tweet(long Id, string Author, bool Inbound, DateTimeOffset SentAt, string Text, long? InReplyTo)
{
    /// <summary>Time order; tweets of the same second by id.</summary>
    public static readonly Comparer<Tweet> ByTime = Comparer<Tweet>.Create((a, b) => (a.SentAt, a.Id).CompareTo((b.SentAt, b.Id)));
}

/// <param name="Root">Id of the tweet the thread goes back to, whether the file has it or not.</param>
/// <param name="Account">The channel account that owns the thread.</param>
/// <param name="Tweets">In time order.</param>
internal sealed record TweetThread(long Root, string Account, IReadOnlyList<Tweet> Tweets);

/// <summary>
/// A file in the format of "Customer Support on Twitter", read into threads: each row is in exactly one thread, and each
/// thread is one conversation of one channel account.
/// <list type="bullet">
/// <item>Thread: <c>in_response_to_tweet_id</c> followed to the end. If a parent is missing from the file its id is the
/// root: several answers to the same missing tweet then stay together, and a longer cut of the data that reaches that
/// tweet names the thread the same way, unless it goes back further still.</item>
/// <item>Brand: an author of a row that is not inbound (customers were anonymised to numbers, brands were not).</item>
/// <item>Owner of a thread: the brand that wrote in it first. Several brands may write in one thread (a customer asks four
/// supermarkets at once): it stays one conversation, and what the others wrote is in it too, as outbound messages with
/// their own author. Splitting it would need a guess at whom each customer tweet was meant for, or would deliver some
/// rows twice.</item>
/// <item>If no brand wrote in it: the first known brand @mentioned, in time order; if there is none, <see cref="Unknown"/>.</item>
/// </list>
/// </summary>
internal sealed partial class TwcsFile
{
    /// <summary>Account of threads in which no brand is to be seen.</summary>
    public const string Unknown = "unknown";

    private const string TimeFormat = "ddd MMM dd HH:mm:ss zzz yyyy";

    private TwcsFile(IReadOnlyList<Tweet> rows)
    {
        Rows = rows;
        Brands = rows.Where(r => !r.Inbound).Select(r => r.Author).Distinct().Order(StringComparer.Ordinal).ToList();
        Threads = Thread(rows, Brands);
        Accounts = Brands.Union(Threads.Select(t => t.Account)).ToList();
    }

    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<Tweet> Rows { get; }

    public IReadOnlyList<TweetThread> Threads { get; }

    /// <summary>Everyone who wrote for a company, also those who own no thread.</summary>
    public IReadOnlyList<string> Brands { get; }

    /// <summary>The brands, and <see cref="Unknown"/> if a thread needs it.</summary>
    public IReadOnlyList<string> Accounts { get; }

    /// <exception cref="InvalidDataException">The file is not in the format; the message names the row.</exception>
    public static TwcsFile Read(string path)
    {
        using var reader = new StreamReader(path);
        return Read(reader);
    }

    /// <inheritdoc cref="Read(string)"/>
    public static TwcsFile Read(TextReader reader)
    {
        using var csv = new CsvReader(reader, new CsvConfiguration(CultureInfo.InvariantCulture) { Mode = CsvMode.RFC4180 });
        List<Tweet> rows = [];
        HashSet<long> ids = [];
        try
        {
            csv.Read();
            csv.ReadHeader();
            while (csv.Read())
            {
                var row = ReadRow(csv);
                rows.Add(ids.Add(row.Id) ? row : throw new InvalidDataException($"tweet {row.Id} is there twice"));
            }
        }
        catch (Exception e) when (e is CsvHelperException or InvalidDataException or FormatException or OverflowException)
        {
            // CsvHelper's messages go on for a page with its whole state; the first line says what is wrong.
            throw new InvalidDataException($"Line {csv.Parser.RawRow}: {e.Message.Split('\n')[0].TrimEnd()}", e);
        }

        return new(rows);
    }

    private static Tweet ReadRow(CsvReader csv)
    {
        var parent = csv["in_response_to_tweet_id"];
        return new(
            Id(csv["tweet_id"]!),
            csv["author_id"]!,
            csv["inbound"] switch
            {
                "True" => true,
                "False" => false,
                var other => throw new InvalidDataException($"inbound is True or False, not '{other}'"),
            },
            DateTimeOffset.ParseExact(csv["created_at"]!, TimeFormat, CultureInfo.InvariantCulture).ToUniversalTime(),
            csv["text"]!,
            string.IsNullOrEmpty(parent) ? null : Id(parent));
    }

    private static long Id(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private static List<TweetThread> Thread(IReadOnlyList<Tweet> rows, IReadOnlyList<string> brands)
    {
        var roots = Roots(rows);
        var known = brands.ToDictionary(b => b, StringComparer.OrdinalIgnoreCase);
        return rows
            .GroupBy(r => roots[r.Id])
            .Select(thread =>
            {
                var tweets = thread.Order(Tweet.ByTime).ToList();
                return new TweetThread(thread.Key, Owner(tweets, known), tweets);
            })
            .ToList();
    }

    private static string Owner(List<Tweet> tweets, Dictionary<string, string> brands) =>
        tweets.Find(t => !t.Inbound)?.Author
        ?? tweets.SelectMany(t => Mention().Matches(t.Text)).Select(m => brands.GetValueOrDefault(m.Groups[1].Value)).FirstOrDefault(b => b is not null)
        ?? Unknown;

    /// <summary>The root of each tweet. Every tweet is walked over once, however long its thread.</summary>
    private static Dictionary<long, long> Roots(IReadOnlyList<Tweet> rows)
    {
        var tweets = rows.ToDictionary(r => r.Id);
        Dictionary<long, long> roots = [];
        HashSet<long> way = [];
        foreach (var row in rows)
        {
            way.Clear();
            var at = row.Id;
            while (!roots.ContainsKey(at) && tweets.TryGetValue(at, out var tweet) && tweet.InReplyTo is { } parent)
            {
                at = way.Add(at) ? parent : throw new InvalidDataException($"The answers around tweet {at} go in a circle.");
            }

            var root = roots.GetValueOrDefault(at, at);
            roots[row.Id] = root;
            foreach (var passed in way)
            {
                roots[passed] = root;
            }
        }

        return roots;
    }

    [GeneratedRegex(@"@(\w+)")]
    private static partial Regex Mention();
}
