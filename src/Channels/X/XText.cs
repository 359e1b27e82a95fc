using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Conversations.Channels.X;

/// <summary>
/// How X counts text (twitter-text, configuration v3): a code point weighs 1 or 2, an emoji sequence 2, a URL 23. Where we
/// cannot know X's answer (a bare <c>name.word</c> may or may not be a domain), the heavier one is taken: a part too many is
/// harmless, a post too long is refused.
/// </summary>
internal static partial class XText
{
    /// <summary>
    /// Removes what X refuses (U+FEFF, U+FFFE, U+FFFF, NUL) and the white space around the text, which X cuts anyway.
    /// Half surrogate pairs become U+FFFD.
    /// </summary>
    public static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is not (0 or 0xFEFF or 0xFFFE or 0xFFFF))
            {
                clean.Append(rune);
            }
        }

        return clean.ToString().Trim();
    }

    public static int Weight(string text) => Atoms(text).Sum(atom => atom.Weight);

    /// <summary>
    /// What is never broken: a URL, a mention, or else one grapheme cluster. Order and content give back the text.
    /// </summary>
    public static IEnumerable<Atom> Atoms(string text)
    {
        var at = 0;
        foreach (Match whole in Unbreakable().Matches(text))
        {
            for (; at < whole.Index; at += StringInfo.GetNextTextElementLength(text.AsSpan(at, whole.Index - at)))
            {
                yield return Cluster(text, at, StringInfo.GetNextTextElementLength(text.AsSpan(at, whole.Index - at)));
            }

            // A mark that combines with the last character of a URL stays with it.
            var length = whole.Length;
            if (at + length < text.Length)
            {
                length = Math.Max(length, length - 1 + StringInfo.GetNextTextElementLength(text.AsSpan(at + length - 1)));
            }

            var marks = RuneWeight(text.AsSpan(at + whole.Length, length - whole.Length));
            yield return new(at, length, Whole(whole) + marks, whole.Value[0] != '@');
            at += length;
        }

        for (int length; at < text.Length; at += length)
        {
            length = StringInfo.GetNextTextElementLength(text.AsSpan(at));
            yield return Cluster(text, at, length);
        }
    }

    private static Atom Cluster(string text, int at, int length) =>
        new(at, length, IsEmojiSequence(text.AsSpan(at, length)) ? XLimits.HeavyWeight : RuneWeight(text.AsSpan(at, length)), IsUrl: false);

    private static int RuneWeight(ReadOnlySpan<char> text)
    {
        var weight = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            weight += IsLight(rune.Value) ? 1 : XLimits.HeavyWeight;
        }

        return weight;
    }

    /// <summary>
    /// The ranges of weight 1, less the letters that X's normalisation (NFC) always takes apart into two. Otherwise text is
    /// counted as it stands: composing only ever makes it lighter, and this process has no normalisation data
    /// (InvariantGlobalization).
    /// </summary>
    private static bool IsLight(int rune) => rune switch
    {
        >= 0x0958 and <= 0x095F or 0x09DC or 0x09DD or 0x09DF => false,
        0x0A33 or 0x0A36 or >= 0x0A59 and <= 0x0A5B or 0x0A5E or 0x0B5C or 0x0B5D => false,
        0x0344 or 0x0F43 or 0x0F4D or 0x0F52 or 0x0F57 or 0x0F5C or 0x0F69 or 0x0F73 or 0x0F75 or 0x0F76 or 0x0F78 or 0x0F81 => false,
        0x0F93 or 0x0F9D or 0x0FA2 or 0x0FA7 or 0x0FAC or 0x0FB9 => false,
        <= 4351 or >= 8192 and <= 8205 or >= 8208 and <= 8223 or >= 8242 and <= 8247 => true,
        _ => false,
    };

    /// <summary>Flags, skin tones, families, keycaps: several code points that X counts as one emoji.</summary>
    private static bool IsEmojiSequence(ReadOnlySpan<char> cluster)
    {
        var first = true;
        var runes = 0;
        var drawn = false;
        var keycap = false;
        foreach (var rune in cluster.EnumerateRunes())
        {
            var value = rune.Value;
            var pictograph = value is >= 0x1F000 and <= 0x1FAFF or >= 0x2190 and <= 0x2BFF or 0x203C or 0x2049 or 0x2122 or 0x2139
                or 0x3030 or 0x303D or 0x3297 or 0x3299;
            var key = value is '#' or '*' or >= '0' and <= '9';
            var joined = value is 0xFE0F or 0x200D or 0x20E3 or >= 0xE0020 and <= 0xE007F;
            if (first ? !(pictograph || key || value is 0xA9 or 0xAE) : !(pictograph || joined))
            {
                return false;
            }

            keycap |= first && key;
            drawn |= keycap ? value == 0x20E3 : value == 0xFE0F || pictograph;
            first = false;
            runes++;
        }

        return drawn && runes > 1;
    }

    private static int Whole(Match match)
    {
        var plain = match.Length; // ASCII throughout
        return match.Value[0] == '@' ? plain : IsSurelyUrl(match) ? XLimits.UrlWeight : Math.Max(XLimits.UrlWeight, plain);
    }

    /// <summary>
    /// X keeps a list of all top-level domains. Ours is short: a country or one of the common names; for others the heavier of
    /// both counts is right. Without a scheme some domains count only with a path, so then a path is asked for.
    /// </summary>
    private static bool IsSurelyUrl(Match url) =>
        (url.Groups["scheme"].Success || url.Groups["path"].Success)
        && url.Groups["host"].Value is var host && host[(host.LastIndexOf('.') + 1)..].ToLowerInvariant() is var top
        && host.Contains('.', StringComparison.Ordinal) && (top.Length == 2 ? top.All(char.IsAsciiLetter) : CommonTops.Contains(top));

    private static readonly HashSet<string> CommonTops =
    [
        "com", "net", "org", "info", "biz", "edu", "gov", "int", "mil", "name", "mobi", "app", "dev", "online", "shop", "store", "site", "tech",
        "xyz", "blog", "cloud", "club", "help", "support", "live", "news", "page", "link", "top", "world", "travel", "bank", "agency", "group",
    ];

    /// <summary>
    /// A URL or bare domain, or a mention. Only ASCII: text in other scripts often follows a URL without a space and is not part
    /// of it. A full stop, comma or bracket at the end belongs to the sentence.
    /// </summary>
    [GeneratedRegex(
        """
        (?<![a-z0-9@$\#_.\-/])
        (?:(?<scheme>https?://)(?<host>[a-z0-9.\-]*[a-z0-9])(?::[0-9]+)? | (?<host>(?:[a-z0-9](?:[a-z0-9\-]*[a-z0-9])?\.)+[a-z]{2,24})(?![a-z0-9@]))
        (?<path>[/?\#](?:(?:[a-z0-9!*';:=+,.$/%\#\[\]\-_~@|&?] | \([a-z0-9=_\#/+\-&.,]+\))*(?:[a-z0-9=_\#/+\-&] | \([a-z0-9=_\#/+\-&.,]+\)))?)?
        | (?<![a-z0-9_@])@[a-z0-9_]{1,20}
        """,
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.IgnorePatternWhitespace)]
    internal static partial Regex Unbreakable();
}

/// <param name="At">UTF-16 index in the text.</param>
internal readonly record struct Atom(int At, int Length, int Weight, bool IsUrl)
{
    public int End => At + Length;
}
