using System.Text.Json;
using System.Text.Json.Nodes;
using Conversations.Domain.Json;
using Conversations.Domain.Sla;
using NodaTime;
using NodaTime.Text;
using Xunit;

namespace Conversations.Domain.Tests;

/// <summary>
/// Cases from other systems' test suites and from the rules, with their expected answers (sla.md 10). They are no part of the
/// repository: <c>CONVERSATIONS_SHARED</c> names the folder that holds them, or they are in <c>shared</c> beside it.
/// </summary>
public sealed class VectorTests
{
    private static readonly string File = Path.GetFullPath(Path.Combine(
        Environment.GetEnvironmentVariable("CONVERSATIONS_SHARED") ?? Path.Combine(Root(), "..", "shared"), "sla-vectors.json"));

    [Fact]
    public void Every_case_of_the_vectors_gives_the_expected_answer()
    {
        Assert.SkipUnless(System.IO.File.Exists(File), $"NOT CHECKED against the SLA vectors: there is no {File}. Set CONVERSATIONS_SHARED to the folder that holds it.");
        var cases = JsonNode.Parse(System.IO.File.ReadAllText(File))!.AsArray();
        var wrong = cases.SelectMany(c => Differences(c!.AsObject()).Select(d => $"{c["id"]} ({c["source"]}): {d}")).ToList();
        Assert.True(wrong.Count == 0, $"{wrong.Count} differences in {cases.Count} cases:\n{string.Join('\n', wrong)}");
        Assert.NotEmpty(cases);
    }

    private static IEnumerable<string> Differences(JsonObject vector)
    {
        var calendar = BusinessCalendar.Compile(vector["calendar"].Deserialize(DomainJson.Contract.CalendarDefinition)!);
        var pauses = (vector["pauses"]?.AsArray() ?? []).Select(p => new Pause(At(p![0]), At(p[1]))).ToList();
        JsonNode? answer = (string)vector["op"]! switch
        {
            "add" => Text(calendar.Due(At(vector["start"]), (long)vector["seconds"]!, pauses)),
            "between" => calendar.Elapsed(At(vector["from"]), At(vector["to"]), pauses) / 60m, // they count in minutes
            "next_open" => Text(calendar.NextOpen(At(vector["start"]))),
            "ticket" => Ticket(vector, calendar),
            var op => throw new InvalidDataException($"'{op}' is no operation."),
        };
        return Differences("", vector["expected"]!, answer);
    }

    private static JsonObject Ticket(JsonObject vector, BusinessCalendar calendar)
    {
        var ticket = vector.Deserialize(SimulationJson.Default.SimulatedTicket)!;
        Assert.Null(SimulatedTicket.Validate(ticket));
        return JsonSerializer.SerializeToNode(SlaSimulation.Run(ticket, calendar), SimulationJson.Default.SimulatedClocks)!.AsObject();
    }

    /// <summary>Only what is expected is compared; null means "no such clock".</summary>
    private static IEnumerable<string> Differences(string path, JsonNode? expected, JsonNode? actual)
    {
        switch (expected)
        {
            case JsonObject members:
                return members.SelectMany(m => Differences($"{path}.{m.Key}", m.Value, (actual as JsonObject)?[m.Key]));
            case JsonArray items:
                return items.Count != (actual as JsonArray)?.Count
                    ? [$"{path}: {items.Count} expected, {actual?.ToJsonString() ?? "none"} found"]
                    : items.SelectMany((item, i) => Differences($"{path}[{i}]", item, actual![i]));
            default:
                return Plain(expected) == Plain(actual) ? [] : [$"{path}: {Plain(expected)} expected, {Plain(actual)} found"];
        }
    }

    private static string Plain(JsonNode? value) =>
        value is null ? "null"
        : value.GetValueKind() == JsonValueKind.String && InstantPattern.ExtendedIso.Parse(value.GetValue<string>()) is { Success: true, Value: var at } ? Text(at)!
        : value.GetValueKind() == JsonValueKind.Number ? $"{value.GetValue<decimal>():0.####}"
        : value.ToJsonString();

    private static Instant At(JsonNode? node) => InstantPattern.ExtendedIso.Parse(node!.GetValue<string>()).Value;

    private static string? Text(Instant? at) => at is { } known ? InstantPattern.ExtendedIso.Format(known) : null;

    private static string Root()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !System.IO.File.Exists(Path.Combine(at.FullName, "Directory.Packages.props")))
        {
            at = at.Parent;
        }

        return at?.FullName ?? throw new DirectoryNotFoundException("Tests run from inside the repository.");
    }
}
