using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Conversations.Domain.Json;

namespace Conversations.Gateway.Tests.Sla;

/// <summary>The cases of sla-vectors.json, numbers of other systems' tests and of the rules, each asked of the real endpoint (sla.md 10).</summary>
public sealed class VectorTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    private const string FileName = "sla-vectors.json";

    private static readonly string[] Asked =
    [
        "calendar", "op", "start", "seconds", "pauses", "from", "to", "targets", "rules", "events", "as_of", "warn_before_minutes", "escalate_after_minutes",
    ];

    public static TheoryData<string> Ids =>
        File.Exists(SharedFile.Path(FileName)) ? [.. Cases().Select(c => (string)c["id"]!)] : ["none of them"];

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task It_is_answered_as_expected(string id)
    {
        SharedFile.OrSkip(FileName);
        var @case = Cases().Single(c => (string)c["id"]! == id);
        var request = new JsonObject(@case.Where(m => Asked.Contains(m.Key)).Select(m => KeyValuePair.Create(m.Key, m.Value?.DeepClone())));

        var answer = (await fixture.Admin.Post("/v1/sla/preview", request)).Is(200);

        var expected = (string)@case["op"]! switch
        {
            "add" => new JsonObject { ["due"] = @case["expected"]?.DeepClone() },
            "between" => new JsonObject { ["seconds"] = @case["expected_seconds"]!.DeepClone() },
            "next_open" => new JsonObject { ["opens"] = @case["expected"]?.DeepClone() },
            _ => @case["expected"]!,
        };
        Holds(expected, answer.Json, "answer");
    }

    /// <summary>
    /// own-vectors.json: calendars made up around every kind of odd clock change, counted minute by minute by another program, in
    /// another language, with another library of time zones.
    /// </summary>
    public static TheoryData<string> OwnIds => [.. OwnCases().Select(c => (string)c["id"]!)];

    [Theory]
    [MemberData(nameof(OwnIds))]
    public async Task So_is_what_another_program_counted(string id)
    {
        var @case = OwnCases().Single(c => (string)c["id"]! == id);
        var request = new JsonObject(@case.Where(m => Asked.Contains(m.Key)).Select(m => KeyValuePair.Create(m.Key, m.Value?.DeepClone())));
        Holds(@case["expected"], (await fixture.Admin.Post("/v1/sla/preview", request)).Is(200).Json, "answer");
    }

    [Fact]
    public void There_are_as_many_as_there_were()
    {
        SharedFile.OrSkip(FileName);
        Assert.Equal(105, Cases().Count);
    }

    /// <summary>Everything expected is in the answer; the answer may say more.</summary>
    private static void Holds(JsonNode? expected, JsonElement actual, string where)
    {
        switch (expected)
        {
            case null:
                Assert.True(actual.ValueKind == JsonValueKind.Null, $"{where}: expected null, got {actual}");
                break;
            case JsonObject members:
                Assert.True(actual.ValueKind == JsonValueKind.Object, $"{where}: expected {expected.ToJsonString()}, got {actual}");
                foreach (var (name, value) in members)
                {
                    Assert.True(actual.TryGetProperty(name, out var member), $"{where} has no {name}: {actual}");
                    Holds(value, member, $"{where}.{name}");
                }

                break;
            case JsonArray items:
                Assert.True(actual.ValueKind == JsonValueKind.Array && actual.GetArrayLength() == items.Count, $"{where}: expected {expected.ToJsonString()}, got {actual}");
                for (var i = 0; i < items.Count; i++)
                {
                    Holds(items[i], actual[i], $"{where}[{i}]");
                }

                break;
            case JsonValue value when value.TryGetValue<string>(out var text) && InstantConverter.TryParse(text, out var instant):
                Assert.True(actual.ValueKind == JsonValueKind.String && InstantConverter.TryParse(actual.GetString()!, out var at) && at == instant, $"{where}: expected {text}, got {actual}");
                break;
            case JsonValue value when value.TryGetValue<double>(out var number):
                Assert.True(actual.ValueKind == JsonValueKind.Number && Math.Abs(actual.GetDouble() - number) < 1e-9, $"{where}: expected {number}, got {actual}");
                break;
            default:
                Assert.True(expected.ToString() == actual.ToString(), $"{where}: expected {expected.ToJsonString()}, got {actual}");
                break;
        }
    }

    private static List<JsonObject> OwnCases([CallerFilePath] string here = "") =>
        [.. JsonNode.Parse(File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "own-vectors.json")))!.AsArray().Select(c => c!.AsObject())];

    private static List<JsonObject> Cases() => [.. JsonNode.Parse(File.ReadAllText(SharedFile.Path(FileName)))!.AsArray().Select(c => c!.AsObject())];
}
