using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Conversations.Domain.Json;
using Xunit;

namespace Conversations.Domain.Tests;

/// <summary>
/// The stored formats, frozen: Golden holds the JSON of one of each command and event. A difference is a change that old
/// histories do not have. Members may be added (<c>UPDATE_GOLDEN=1</c> rewrites the files), never renamed or removed.
/// </summary>
public sealed class GoldenTests
{
    private static readonly JsonSerializerOptions Pretty = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static TheoryData<string> Names => [.. Samples.Stored().Select(s => $"{s.Base.Name}.{s.Name}")];

    [Theory]
    [MemberData(nameof(Names))]
    public void Its_stored_form_is_the_golden_one_and_still_loads(string name)
    {
        var (@base, type, _) = Samples.Stored().Single(s => $"{s.Base.Name}.{s.Name}" == name);
        var sample = Assert.Single(Samples.All, s => s.GetType() == type);
        var written = Write(sample, @base);
        var file = Path.Combine(Folder(), name + ".json");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Folder());
            File.WriteAllText(file, written);
        }

        Assert.True(File.Exists(file), $"{name} has no golden file");
        var golden = File.ReadAllText(file);
        Assert.Equal(golden, written);

        var loaded = JsonSerializer.Deserialize(golden, @base, DomainJson.Contract)!;
        Assert.Equal(type, loaded.GetType());
        Assert.Equal(golden, Write(loaded, @base));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Its_sample_sets_every_member(string name)
    {
        var type = Samples.Stored().Single(s => $"{s.Base.Name}.{s.Name}" == name).Type;
        var sample = Samples.All.Single(s => s.GetType() == type);
        Assert.All(
            type.GetProperties().Where(p => p.SetMethod is not null && p.DeclaringType == type && !p.IsDefined(typeof(JsonIgnoreAttribute), false)),
            p => Assert.False(
                p.GetValue(sample) is var value && (value is null || (p.PropertyType.IsValueType && value.Equals(Activator.CreateInstance(p.PropertyType)))),
                $"{type.Name}.{p.Name} is not set"));
    }

    [Fact]
    public void Every_command_and_event_is_listed_with_a_name_of_its_own_and_nothing_else_is_golden()
    {
        foreach (var @base in Samples.Bases)
        {
            var listed = Samples.Stored().Where(s => s.Base == @base).ToList();
            Assert.Equal(
                @base.Assembly.GetTypes().Where(t => t.IsSubclassOf(@base)).OrderBy(t => t.Name).Select(t => t.Name),
                listed.Select(s => s.Type).OrderBy(t => t.Name).Select(t => t.Name));
            Assert.Equal(listed.Count, listed.Select(s => s.Name).Distinct().Count());
        }

        Assert.Equal(
            Samples.Stored().Select(s => $"{s.Base.Name}.{s.Name}.json").Order(StringComparer.Ordinal),
            Directory.GetFiles(Folder()).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Absent_members_read_as_their_defaults_and_unknown_ones_are_ignored()
    {
        const string Old = """{"$type":"message.received","message":"c1-3","index":1,"externalId":"m-1","visibility":"private","sentAt":"2026-11-21T21:00:00Z","author":{"id":"u"},"text":"hi","someday":{"x":1}}""";
        var loaded = Assert.IsType<MessageReceived>(JsonSerializer.Deserialize(Old, DomainJson.Contract.ConversationEvent));
        Assert.Equal(new(new("c1-3"), 1, "m-1", Visibility.Private, NodaTime.Instant.FromUtc(2026, 11, 21, 21, 0), new("u"), "hi"), loaded);
    }

    [Fact]
    public void Histories_from_before_clocks_were_recorded_load_and_their_promises_go_on()
    {
        string[] old =
        [
            """{"$type":"conversation.started","address":{"channel":"webchat","channelAccount":"acme","thread":"visitor-7"},"visibility":"private","customer":{"id":"u-7"}}""",
            """{"$type":"episode.started","number":1,"at":"2026-11-21T12:00:00.000Z","terms":{"settings":3,"sla":{"policy":"default","version":1,"firstResponse":3600,"nextResponse":3600,"resolution":86400,"warnAt":0.8},"reopenWindow":604800}}""",
            """{"$type":"message.received","message":"c1-3","index":1,"externalId":"m-1","visibility":"private","sentAt":"2026-11-21T12:00:00Z","author":{"id":"u-7"},"text":"hi"}""",
            """{"$type":"sla.warning","metric":"firstResponse","instance":1,"due":"2026-11-21T13:00:00.000Z"}""",
            """{"$type":"sla.breached","metric":"firstResponse","instance":1,"at":"2026-11-21T13:00:00.000Z"}""",
            """{"$type":"sla.withdrawn","metric":"firstResponse","instance":1,"what":"breach"}""",
            """{"$type":"sla.fulfilled","metric":"nextResponse","instance":2,"at":"2026-11-21T13:00:00.000Z","met":true}""",
        ];
        var scenario = Given.Conversation();
        var state = old.Select(json => JsonSerializer.Deserialize(json, DomainJson.Contract.ConversationEvent)!)
            .Aggregate(scenario.State, (s, e) => ConversationEvolve.Evolve(s, new(s.Seq + 1, Arrange.Noon, Actor.System, "cmd", e)));
        Assert.Equal((7L, Arrange.Noon), (state.Seq, ConversationView.Row(state).WaitingSince!.Value));

        var decided = Assert.IsType<Decision<ConversationEvent>.Accepted>(ConversationDecider.Decide(
            state, scenario.Inbound(), new(Arrange.Clock("12:10"), Actor.System, scenario.Settings)));
        var next = decided.Events.Aggregate(state, (s, e) => ConversationEvolve.Evolve(s, new(s.Seq + 1, Arrange.Clock("12:10"), Actor.System, "cmd", e)));
        Assert.Equal(Arrange.Clock("13:00"), ConversationView.Row(next).FirstResponse!.Due);
    }

    private static string Write(object value, Type @base) =>
        JsonNode.Parse(JsonSerializer.Serialize(value, @base, DomainJson.Contract))!.ToJsonString(Pretty) + "\n";

    private static string Folder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "Golden");
}
