using System.Text;
using System.Text.Json;

namespace Conversations.Gateway.Tests.BadInput;

/// <summary>Bodies and headers of a size or at a pace no honest client has.</summary>
public sealed class TransportTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    private const int HundredMegabytes = 100 << 20;

    [Theory]
    [InlineData("/v1/inbound")]
    [InlineData("/v1/inbound:batch")]
    [InlineData("/v1/inbound:change")]
    public async Task A_body_announced_too_large_is_refused_before_a_byte_of_it_is_sent(string path)
    {
        using var connection = await RawConnection.Open(fixture.Gateway);
        await connection.SendHead(path, fixture.Admin.Key, $"Content-Length: {HundredMegabytes}\r\nConnection: close", TypeOf(path));

        IsProblem(await connection.ReadToEnd(), 413, "body_too_large");
    }

    [Theory]
    [InlineData("/v1/inbound")]
    [InlineData("/v1/inbound:batch")]
    public async Task A_body_that_grows_too_large_is_refused_without_being_read_to_its_end(string path)
    {
        using var connection = await RawConnection.Open(fixture.Gateway);
        await connection.SendHead(path, fixture.Admin.Key, "Transfer-Encoding: chunked\r\nConnection: close", TypeOf(path));
        var answer = connection.ReadToEnd();
        var chunk = Encoding.Latin1.GetBytes($"10000\r\n{new string(' ', 0x10000)}\r\n");
        var sent = 0L;
        try
        {
            while (!answer.IsCompleted && sent < HundredMegabytes)
            {
                await connection.Send(chunk);
                sent += chunk.Length;
            }
        }
        catch (IOException)
        {
            // the gateway hung up on us
        }

        Assert.True(sent < HundredMegabytes, "The whole body was taken.");
        IsProblem(await answer, 413, "body_too_large");
    }

    /// <summary>The pace is the server's to judge, so this takes the seconds it gives: nothing here waits but for its answer.</summary>
    [Fact]
    public async Task A_body_that_stops_coming_is_told_so_and_changes_nothing()
    {
        var before = await fixture.Admin.Head();
        using var connection = await RawConnection.Open(fixture.Gateway);
        await connection.SendHead("/v1/inbound", fixture.Admin.Key, "Content-Length: 500\r\nConnection: close");
        await connection.Send("{");

        IsProblem(await connection.ReadToEnd(), 408, "body_too_slow");
        Assert.Equal(before, await fixture.Admin.Head());
    }

    [Fact]
    public async Task A_body_that_breaks_off_changes_nothing()
    {
        var before = await fixture.Admin.Head();
        var text = Some.Inbound(fixture.NewThread()).ToJsonString();
        using (var connection = await RawConnection.Open(fixture.Gateway))
        {
            await connection.SendHead("/v1/inbound", fixture.Admin.Key, $"Content-Length: {text.Length + 1}");
            await connection.Send(text);
        }

        using var bad = await RawConnection.Open(fixture.Gateway);
        await bad.SendHead("/v1/inbound", fixture.Admin.Key, "Transfer-Encoding: chunked\r\nConnection: close");
        await bad.Send("zz\r\nnot a chunk\r\n");

        Assert.Contains("HTTP/1.1 400", await bad.ReadToEnd(), StringComparison.Ordinal);
        Assert.Equal(before, await fixture.Admin.Head());
    }

    /// <summary>The server refuses these before there is a request: a status, no body.</summary>
    [Fact]
    public async Task Headers_and_addresses_beyond_measure_are_refused()
    {
        using var headers = await RawConnection.Open(fixture.Gateway);
        await headers.SendHead("/v1/inbound", fixture.Admin.Key, $"X-Large: {new string('x', 40_000)}\r\nContent-Length: 0");
        Assert.StartsWith("HTTP/1.1 431", await headers.ReadToEnd(), StringComparison.Ordinal);

        using var address = await RawConnection.Open(fixture.Gateway);
        await address.Send($"GET /{new string('x', 20_000)} HTTP/1.1\r\nHost: gateway\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 414", await address.ReadToEnd(), StringComparison.Ordinal);

        using var nonsense = await RawConnection.Open(fixture.Gateway);
        await nonsense.Send("HELLO\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 400", await nonsense.ReadToEnd(), StringComparison.Ordinal);
    }

    private static string TypeOf(string path) => path.EndsWith(":batch", StringComparison.Ordinal) ? "application/x-ndjson" : "application/json";

    private static void IsProblem(string response, int status, string code)
    {
        Assert.StartsWith($"HTTP/1.1 {status}", response, StringComparison.Ordinal);
        Assert.Contains("application/problem+json", response, StringComparison.Ordinal);
        Answer.IsProblem(JsonElement.Parse(response[response.IndexOf('{', StringComparison.Ordinal)..(response.LastIndexOf('}') + 1)]), status, code);
    }
}
