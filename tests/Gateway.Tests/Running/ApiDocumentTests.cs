using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Conversations.Gateway.Tests.Running;

/// <summary>The API document: what is checked in is what is served, and it says what a client needs.</summary>
public sealed partial class ApiDocumentTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task The_document_served_is_the_one_checked_in()
    {
        var served = (await fixture.Nobody.Get("/openapi/v1.json")).Is(200).Text.ReplaceLineEndings("\n").TrimEnd() + "\n";
        if (Environment.GetEnvironmentVariable("UPDATE_OPENAPI") == "1")
        {
            await File.WriteAllTextAsync(CheckedIn(), served, TestContext.Current.CancellationToken);
        }

        var kept = await File.ReadAllTextAsync(CheckedIn(), TestContext.Current.CancellationToken);

        Assert.True(served == kept, "The API has changed. If that is meant, run these tests with UPDATE_OPENAPI=1 and commit src/Gateway/openapi.v1.json.");
    }

    [Fact]
    public async Task Every_operation_has_a_name_a_summary_its_parameters_and_its_refusals()
    {
        var document = (await fixture.Nobody.Get("/openapi/v1.json")).Is(200);
        var names = new List<string>();
        foreach (var path in document["paths"].EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                var where = $"{operation.Name} {path.Name}";
                names.Add(Required(operation.Value, "operationId", where).GetString()!);
                Assert.NotEmpty(Required(operation.Value, "summary", where).GetString()!);
                var parameters = operation.Value.TryGetProperty("parameters", out var all) ? all.EnumerateArray().ToList() : [];
                foreach (Match inPath in InPath().Matches(path.Name))
                {
                    var parameter = Assert.Single(parameters, p => p.GetProperty("in").GetString() == "path" && p.GetProperty("name").GetString() == inPath.Groups[1].Value);
                    Assert.NotEmpty(Required(parameter, "description", where).GetString()!);
                }

                var responses = Required(operation.Value, "responses", where).EnumerateObject().Select(r => r.Name).ToList();
                Assert.Contains(responses, r => r.StartsWith('2'));
                if (path.Name.StartsWith("/v1/", StringComparison.Ordinal))
                {
                    Assert.Contains("401", responses);
                    Assert.True(path.Name.StartsWith("/v1/webhooks", StringComparison.Ordinal) || responses.Contains("403"), where);
                }
            }
        }

        Assert.Equal(names.Count, names.Distinct().Count());
        Assert.True(names.Count > 25);
    }

    [Fact]
    public async Task Every_endpoint_of_these_tests_is_in_it()
    {
        var paths = (await fixture.Nobody.Get("/openapi/v1.json")).Is(200)["paths"];

        foreach (var endpoint in BadInput.Endpoint.All)
        {
            var path = endpoint.Path.Split('?')[0].Replace("webchat/acme", "{channel}/{channelAccount}", StringComparison.Ordinal)
                .Replace("webchat/other", "{channel}/{channelAccount}", StringComparison.Ordinal).Replace("000000000000", "{id}", StringComparison.Ordinal)
                .Replace("letters/1/", "letters/{id}/", StringComparison.Ordinal)
                .Replace("offers/o-1/", "offers/{offerId}/", StringComparison.Ordinal)
                .Replace("calendars/office", "calendars/{id}", StringComparison.Ordinal)
                .Replace("policies/gold", "policies/{id}", StringComparison.Ordinal).Replace("runs/r1", "runs/{id}", StringComparison.Ordinal);
            var operation = Required(Required(paths, path, endpoint.ToString()), endpoint.Method.ToLowerInvariant(), endpoint.ToString());
            Assert.Equal(endpoint.Body is not null || endpoint.Path.EndsWith(":batch", StringComparison.Ordinal) || endpoint.ContentType == "text/calendar", operation.TryGetProperty("requestBody", out _));
        }
    }

    private static JsonElement Required(JsonElement element, string member, string where)
    {
        Assert.True(element.TryGetProperty(member, out var value), $"{where} has no {member}");
        return value;
    }

    private static string CheckedIn([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "src", "Gateway", "openapi.v1.json"));

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex InPath();
}
