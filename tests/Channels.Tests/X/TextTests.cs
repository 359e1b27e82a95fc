using System.Globalization;
using System.Text.RegularExpressions;
using Conversations.Channels.X;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Conversations.Channels.Tests.X;

public sealed partial class TextTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("hello", 5)]
    [InlineData("Grüße", 5)]
    [InlineData("Привет", 6)]
    [InlineData("日本語", 6)]
    [InlineData("한국", 4)]
    [InlineData("“quoted” – it’s…", 17)] // the ellipsis is outside the light ranges
    [InlineData("😀", 2)]
    [InlineData("👨‍👩‍👧‍👦", 2)]
    [InlineData("👍🏽", 2)]
    [InlineData("🇩🇪🇫🇷", 4)]
    [InlineData("1️⃣", 2)]
    [InlineData("❤️", 2)]
    [InlineData("©️", 2)]
    [InlineData("©", 1)]
    [InlineData("🏴󠁧󠁢󠁥󠁮󠁧󠁿", 2)]
    [InlineData("123", 3)]
    [InlineData("see https://example.com/a/very/long/path?with=a&query=string#and-more.", 28)]
    [InlineData("http://a.co", 23)]
    [InlineData("example.com", 23)]
    [InlineData("(https://example.com/x)", 25)]
    [InlineData("https://example.com/aを見て", 29)]
    [InlineData("https://en.example.org/wiki/A_(b)", 23)]
    [InlineData("e.g. this", 9)]
    [InlineData("@somebody hi", 12)]
    [InlineData("mail@example.com", 16)]
    public void Text_weighs_what_X_counts(string text, int weight) => Assert.Equal(weight, XText.Weight(text));

    [Fact]
    public void A_text_that_fits_is_sent_as_it_is()
    {
        Assert.Equal([new string('a', 280)], XSplit.Post(new string('a', 280), null));
        Assert.Equal([new string('語', 140)], XSplit.Post(new string('語', 140), null));
        Assert.Equal([new string('a', 10_000)], XSplit.DirectMessage(new string('a', 10_000)));
    }

    [Fact]
    public void A_text_that_does_not_fit_is_numbered()
    {
        Assert.Equal(2, XSplit.Post(new string('a', 281), null).Count);
        Assert.Equal(2, XSplit.DirectMessage(new string('a', 10_001)).Count);
        Assert.All(XSplit.Post(Words(200), null).Index(), part => Assert.EndsWith($" ({part.Index + 1}/{XSplit.Post(Words(200), null).Count})", part.Item, StringComparison.Ordinal));
    }

    [Fact]
    public void A_part_ends_with_a_sentence_if_one_ends_late_enough()
    {
        var first = new string('a', 200) + " end.";
        Assert.Equal(first + " (1/2)", XSplit.Post(first + " Next sentence " + new string('b', 100), null)[0]);
    }

    [Fact]
    public void A_part_ends_between_words_otherwise()
    {
        var parts = XSplit.Post(Words(100), null);
        Assert.All(parts, part => Assert.Matches(@"^word\d+( word\d+)* \(\d+/\d+\)$", part));
    }

    [Fact]
    public void More_than_nine_parts_make_room_for_two_digits()
    {
        var parts = XSplit.Post(Words(500), null);
        Assert.InRange(parts.Count, 10, 99);
        Assert.All(parts, part => Assert.InRange(XText.Weight(part), 1, XLimits.PostWeight));
    }

    [Fact]
    public void A_text_for_more_than_a_hundred_posts_is_not_split() => Assert.Empty(XSplit.Post(new string('a', 30_000), null));

    [Fact]
    public void The_customers_own_handle_in_front_is_free()
    {
        Assert.Single(XSplit.Post("@Ada " + new string('a', 280), "@ada"));
        Assert.Equal(2, XSplit.Post("@ada " + new string('a', 281), "@ada").Count);
        Assert.Equal(2, XSplit.Post("@bob " + new string('a', 280), "@ada").Count);
        Assert.Equal(2, XSplit.Post("@adam " + new string('a', 280), "@ada").Count);
    }

    [Fact]
    public void Characters_X_refuses_are_removed() => Assert.Equal(["ab\uFFFD"], XSplit.Post(" a\0b\uFEFF\ud800 ", null));

    [Fact]
    public void Parts_hold_the_whole_text_within_the_limit_and_break_nothing() =>
        Prop.ForAll(Texts().ToArbitrary(), text => Holds(XText.Clean(text), XSplit.Post(text, null), XLimits.PostWeight, XText.Weight))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Direct_messages_hold_the_whole_text_within_the_limit_and_break_nothing() =>
        Prop.ForAll(Texts().ListOf(15).Select(texts => string.Join(" ", texts)).ToArbitrary(),
                text => Holds(XText.Clean(text), XSplit.DirectMessage(text), XLimits.DirectMessageLength, part => part.Length))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    [Fact]
    public void Any_string_at_all_can_be_split() =>
        Prop.ForAll<string>(text =>
        {
            var many = string.Concat(Enumerable.Repeat(text ?? "", 30));
            return XSplit.Post(many, "@a").All(part => part.Length > 0) && XText.Atoms(many).Sum(atom => atom.Length) == many.Length;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void A_single_character_too_heavy_for_a_post_is_cut_as_a_last_resort()
    {
        var zalgo = "a" + new string('\u0301', 600);
        var parts = XSplit.Post(zalgo, null);
        Assert.All(parts, part => Assert.InRange(XText.Weight(part), 1, XLimits.PostWeight));
        Assert.Equal(zalgo, string.Concat(parts.Select(part => Number().Replace(part, ""))));
    }

    /// <summary>Nothing but white space is lost, no part is too heavy, and no cut is inside a grapheme cluster or a URL.</summary>
    private static bool Holds(string text, IReadOnlyList<string> parts, int limit, Func<string, int> measure)
    {
        if (parts.Count == 0)
        {
            return text.Length == 0 || measure(text) > limit * XLimits.Parts / 2; // more parts than one reply may have
        }

        var borders = StringInfo.ParseCombiningCharacters(text).Append(text.Length).ToHashSet();
        var urls = Scheme().Matches(text);
        var at = 0;
        foreach (var part in parts)
        {
            var body = parts.Count == 1 ? part : Number().Replace(part, "");
            var found = text.IndexOf(body, at, StringComparison.Ordinal);
            var end = found + body.Length;
            if (measure(part) > limit || found < 0 || text[at..found].Any(unit => !char.IsWhiteSpace(unit)) || !borders.Contains(found)
                || !(borders.Contains(end) || char.IsWhiteSpace(text[end])) || urls.Any(url => url.Index < end && end < url.Index + url.Length))
            {
                return false;
            }

            at = end;
        }

        return text[at..].All(char.IsWhiteSpace);
    }

    private static string Words(int count) => string.Join(' ', Enumerable.Range(0, count).Select(i => $"word{i}"));

    private static Gen<string> Texts() =>
        Gen.Elements(
            "word ", "Sentence end. ", "x", "é", "e\u0301", "語", "한", "।", "क्षि", "😀", "👨‍👩‍👧‍👦", "👍🏽", "🇩🇪", "1️⃣", "\n\n", "\r\n", " ", "\t", "@ada ", "@ada", ".", "example.com", "example.com/some/path ",
            "https://example.com/a/quite/long/path/that/goes/on?and=on&on=on ", "(https://example.org/x)", "#tag ", "…", "\ud800", "\0", "!?", "unbrokenrunofletterswithoutanyspaceatall", "ที่นี่", "العربية ")
            .ListOf().SelectMany(few => Gen.Choose(0, 25).Select(times => string.Concat(Enumerable.Repeat(string.Concat(few), times))));

    [GeneratedRegex(@" \(\d+/\d+\)\z")]
    private static partial Regex Number();

    [GeneratedRegex(@"(?<![A-Za-z0-9@$#_./-])https://example\.(com|org)/[a-z/]*(\?[a-z=&]*)?")]
    private static partial Regex Scheme();
}
