using System.Globalization;

namespace Conversations.Channels.X;

/// <summary>
/// Cuts a text that is too long into numbered parts: <c>…first (1/3)</c>. Parts end at the end of a paragraph or sentence,
/// else between words, else between characters as people see them; never inside a URL. Only white space at a cut is lost.
/// </summary>
internal static class XSplit
{
    /// <summary>
    /// How full a part must be to end with a sentence, or else with a word, so that parts stay few. A "word" longer than half a
    /// part is a script without spaces or no word at all.
    /// </summary>
    private const double EarliestSentenceEnd = 0.6, EarliestWordEnd = 0.5;

    /// <summary>Posts: the customer's own handle in front costs nothing, X puts it into every reply anyway.</summary>
    /// <returns>One part as it stands if it fits; none if the text is empty or needs more than <see cref="XLimits.Parts"/> parts.</returns>
    public static IReadOnlyList<string> Post(string text, string? customerHandle) =>
        Split(XText.Clean(text), XLimits.PostWeight, XText.Atoms, FreePrefix(XText.Clean(text), customerHandle));

    /// <summary>Direct messages are counted in characters; UTF-16 units are the strictest way to count them.</summary>
    public static IReadOnlyList<string> DirectMessage(string text) =>
        Split(XText.Clean(text), XLimits.DirectMessageLength, Counted, freePrefix: 0);

    private static IEnumerable<Atom> Counted(string text) => XText.Atoms(text).Select(atom => atom with { Weight = atom.Length });

    private static int FreePrefix(string text, string? handle)
    {
        var name = handle?.TrimStart('@');
        return name is { Length: > 0 } && text.Length > name.Length + 2 && text[0] == '@'
            && text.AsSpan(1).StartsWith(name, StringComparison.OrdinalIgnoreCase) && char.IsWhiteSpace(text[name.Length + 1])
                ? name.Length + 2
                : 0;
    }

    private static IReadOnlyList<string> Split(string text, int limit, Func<string, IEnumerable<Atom>> measure, int freePrefix)
    {
        if (text.Length == 0)
        {
            return [];
        }

        var atoms = measure(text).Select(atom => atom.At < freePrefix ? atom with { Weight = 0 } : atom).ToArray();
        if (atoms.Sum(atom => atom.Weight) <= limit)
        {
            return [text];
        }

        for (var digits = 1; digits <= 3; digits++)
        {
            var room = limit - " (/)".Length - (2 * digits);
            var bodies = Bodies(text, atoms, room, measure, freePrefix);
            if (bodies.Count < Math.Pow(10, digits))
            {
                return bodies.Count > XLimits.Parts ? [] : [.. bodies.Select((body, i) => Numbered(body, i + 1, bodies.Count))];
            }
        }

        return [];
    }

    private static string Numbered(string body, int part, int parts) =>
        string.Create(CultureInfo.InvariantCulture, $"{body} ({part}/{parts})");

    private static List<string> Bodies(string text, Atom[] atoms, int room, Func<string, IEnumerable<Atom>> measure, int freePrefix)
    {
        var bodies = new List<string>();
        for (var from = 0; from < atoms.Length;)
        {
            if (string.IsNullOrWhiteSpace(text.Substring(atoms[from].At, atoms[from].Length)))
            {
                from++;
                continue;
            }

            var end = Fitting(atoms, from, room);
            if (end == from)
            {
                bodies.AddRange(Broken(text.Substring(atoms[from].At, atoms[from].Length), room));
                from++;
                continue;
            }

            end = end == atoms.Length ? end : Cut(text, atoms, from, end);
            var body = Body(text, atoms, from, end);

            // Alone, the part may weigh more than inside the text: what follows a cut can look like a domain it was not before.
            while (end > from + 1 && Alone(body, atoms[from].At < freePrefix ? freePrefix : 0, measure) > room)
            {
                end--;
                body = Body(text, atoms, from, end);
            }

            bodies.Add(body);
            from = end;
        }

        return bodies;
    }

    private static string Body(string text, Atom[] atoms, int from, int end) => text[atoms[from].At..atoms[end - 1].End].TrimEnd();

    private static int Alone(string body, int freePrefix, Func<string, IEnumerable<Atom>> measure) =>
        measure(body).Sum(atom => atom.At < freePrefix ? 0 : atom.Weight);

    /// <summary>The first atom that no longer fits. White space at the very end would be cut, so it needs no room.</summary>
    private static int Fitting(Atom[] atoms, int from, int room)
    {
        var weight = 0;
        var end = from;
        while (end < atoms.Length && weight + atoms[end].Weight <= room)
        {
            weight += atoms[end++].Weight;
        }

        return end;
    }

    /// <summary>The best place to end a part that could reach up to <paramref name="end"/>.</summary>
    private static int Cut(string text, Atom[] atoms, int from, int end)
    {
        var earliest = from + (int)((end - from) * EarliestSentenceEnd);
        for (var i = end; i > earliest; i--)
        {
            if (EndsSentence(text, atoms[i - 1], atoms[i]))
            {
                return i;
            }
        }

        for (var i = end; i > from + (int)((end - from) * EarliestWordEnd); i--)
        {
            if (IsSpace(text, atoms[i]) || IsSpace(text, atoms[i - 1]))
            {
                return i;
            }
        }

        return end;
    }

    private static bool EndsSentence(string text, Atom last, Atom next) => !last.IsUrl && (text[last.End - 1] switch
    {
        '\n' or '。' or '！' or '？' or '｡' => true,
        '.' or '!' or '?' or '…' or '؟' or '।' => IsSpace(text, next),
        _ => text[next.At] == '\n',
    });

    private static bool IsSpace(string text, Atom atom) => char.IsWhiteSpace(text[atom.At]);

    /// <summary>
    /// A single "character" heavier than a whole part (hundreds of combining marks, or a URL longer than a direct message)
    /// has no good place to be cut; between code points is the least bad.
    /// </summary>
    private static IEnumerable<string> Broken(string atom, int room)
    {
        var from = 0;
        var weight = 0;
        for (int at = 0, length; at < atom.Length; at += length)
        {
            length = char.IsSurrogatePair(atom, at) ? 2 : 1;
            if (weight + XLimits.HeavyWeight > room)
            {
                yield return atom[from..at];
                (from, weight) = (at, 0);
            }

            weight += XLimits.HeavyWeight;
        }

        yield return atom[from..];
    }
}
