using System.Text;
using System.Text.Json;

namespace Conversations.Gateway.Tests.Flow;

public sealed class BatchTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task Every_line_is_answered_in_its_place_and_a_bad_one_fails_only_itself()
    {
        var (a, b) = (fixture.NewThread(), fixture.NewThread());
        var answers = await Batch(
            Some.Inbound(a, "batch-1", "one").ToJsonString(),
            "{",
            Some.Inbound(b, "batch-2", "two").ToJsonString(),
            Some.Inbound(a, "batch-3", "three").ToJsonString(),
            """{"channel":"webchat"}""",
            Some.Inbound(b, account: "nobody").ToJsonString(),
            "null",
            "[]",
            Some.Inbound(a, "batch-1", "one").ToJsonString(),
            Some.Inbound(a, text: "").ToJsonString(),
            "{\"channel\":\"\\ud800\"}");

        Assert.Equal(11, answers.Count);
        Assert.Equal((1, 1, 2), (Index(answers[0]), Index(answers[2]), Index(answers[3])));
        Assert.Equal(answers[0].GetProperty("conversationId").GetString(), answers[3].GetProperty("conversationId").GetString());
        Answer.IsProblem(answers[1], 400, "malformed_json");
        Answer.IsProblem(answers[4], 400, "missing_field");
        Answer.IsProblem(answers[5], 404, "unknown_channel_account");
        Answer.IsProblem(answers[6], 400, "malformed_json");
        Answer.IsProblem(answers[7], 400, "invalid_value");
        Assert.True(answers[8].GetProperty("replayed").GetBoolean());
        Assert.Equal(answers[0].GetProperty("messageId").GetString(), answers[8].GetProperty("messageId").GetString());
        Answer.IsProblem(answers[9], 400, "empty_message");
        Answer.IsProblem(answers[10], 400, "invalid_text");
    }

    [Fact]
    public async Task Lines_of_one_thread_keep_their_order()
    {
        var threads = Enumerable.Range(0, 5).Select(_ => fixture.NewThread()).ToArray();
        var answers = await Batch([.. Enumerable.Range(0, 1_000).Select(i => Some.Inbound(threads[i % 5], text: $"number {i / 5}").ToJsonString())]);

        Assert.Equal(1_000, answers.Count);
        Assert.All(answers.Index(), a => Assert.Equal((a.Index / 5) + 1, Index(a.Item)));
    }

    [Fact]
    public async Task More_than_a_thousand_lines_are_refused_and_none_is_taken()
    {
        var before = await fixture.Admin.Head();
        var lines = string.Join('\n', Enumerable.Repeat(Some.Inbound(fixture.NewThread()).ToJsonString(), 1_001));

        (await fixture.Integrator.Send(HttpMethod.Post, "/v1/inbound:batch", lines, contentType: "application/x-ndjson")).IsProblem(400, "too_many_lines");

        Assert.Equal(before, await fixture.Admin.Head());
    }

    [Fact]
    public async Task Empty_lines_and_carriage_returns_do_not_matter()
    {
        var thread = fixture.NewThread();

        var answers = await Batch($"\r\n{Some.Inbound(thread).ToJsonString()}\r", "   ", $"{Some.Inbound(thread).ToJsonString()}\r\n\r\n");

        Assert.Equal([1, 2], answers.Select(Index));
        Assert.Empty(await Batch(""));
    }

    [Fact]
    public async Task Bytes_that_are_not_UTF8_spoil_only_their_line()
    {
        var good = Encoding.UTF8.GetBytes(Some.Inbound(fixture.NewThread()).ToJsonString() + "\n");
        var bad = Encoding.Latin1.GetBytes(Some.Inbound(fixture.NewThread(), text: "@").ToJsonString().Replace('@', 'ÿ') + "\n");

        var answers = Lines(await fixture.Integrator.Send(HttpMethod.Post, "/v1/inbound:batch", (byte[])[.. good, .. bad, .. good], contentType: "application/x-ndjson"));

        Assert.Equal(1, Index(answers[0]));
        Answer.IsProblem(answers[1], 400, "invalid_text");
        Assert.True(answers[2].GetProperty("replayed").GetBoolean());
    }

    private static int Index(JsonElement answer) => answer.GetProperty("messageIndex").GetInt32();

    private async Task<List<JsonElement>> Batch(params string[] lines) =>
        Lines(await fixture.Integrator.Send(HttpMethod.Post, "/v1/inbound:batch", string.Join('\n', lines), contentType: "application/x-ndjson"));

    private static List<JsonElement> Lines(Answer answer)
    {
        Assert.Equal("application/x-ndjson", answer.Is(200).ContentType);
        return [.. answer.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line))];
    }
}
