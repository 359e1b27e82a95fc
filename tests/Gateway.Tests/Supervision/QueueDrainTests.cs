using System.Text.Json;

namespace Conversations.Gateway.Tests.Supervision;

/// <summary>A queue that takes nothing in any more (routing.md 9).</summary>
public sealed class QueueDrainTests : IAsyncLifetime
{
    private TestGateway _gateway = null!;
    private Api _sue = null!;
    private int _newcomers;

    public async ValueTask InitializeAsync()
    {
        _gateway = await TestGateway.Start();
        _sue = await _gateway.New("supervisor", "sue");
        (await _gateway.Admin.Put("/v1/channels/webchat/acme", new { queue = "care" })).Is(200);
        (await _gateway.Admin.Put("/v1/queues/care", new { name = "Care" })).Is(200);
        (await _gateway.Admin.Put("/v1/queues/rest", new { name = "Rest" })).Is(200);
    }

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    private async Task<string> Arrive(string thread) => (await _gateway.Admin.Post("/v1/inbound", Some.Inbound(thread))).Is(200).Of("conversationId");

    private async Task<Answer> Until(string path, Func<Answer, bool> holds)
    {
        while (true)
        {
            var answer = await _sue.Get(path); // a drain's job is named before it is there
            if (answer.Status == 200 && holds(answer))
            {
                return answer;
            }

            await Task.Yield();
        }
    }

    /// <summary>Newcomers until one waits there: a process may know of a drain a second late.</summary>
    private async Task NewcomersGoTo(string queue)
    {
        var before = (await _sue.Get($"/v1/queues/{queue}")).Is(200)["waiting"].GetInt32();
        do
        {
            await Arrive($"n-{++_newcomers}");
        }
        while ((await _sue.Get($"/v1/queues/{queue}")).Is(200)["waiting"].GetInt32() == before);
    }

    private Task<Answer> Waiting(string queue, int count) => Until($"/v1/queues/{queue}", q => q["waiting"].GetInt32() == count);

    [Fact]
    public async Task What_waits_goes_to_the_other_queue_with_its_age_and_newcomers_go_there_too()
    {
        var waits = new[] { await Arrive("v-1"), await Arrive("v-2") };
        await Waiting("care", 2);
        var since = (await _sue.Get($"/v1/conversations/{waits[0]}/routing")).Is(200).Of("since");

        var drained = (await _sue.Post("/v1/queues/care/drain", new { to = "rest" })).Is(200)["drain"];

        var job = await Until($"/v1/bulk-jobs/{drained.GetProperty("job").GetString()}", j => j.Of("status") == "finished");
        Assert.Equal(2, job["counts"].GetProperty("done").GetInt32());
        await Waiting("rest", 2);
        await Until("/v1/queues/care", q => q["drain"].GetProperty("left").GetInt32() == 0);
        Assert.Equal(since, (await _sue.Get($"/v1/conversations/{waits[0]}/routing")).Is(200).Of("since"));
        await NewcomersGoTo("rest");

        Assert.Equal(JsonValueKind.Null, (await _sue.Delete("/v1/queues/care/drain")).Is(200)["drain"].ValueKind);
        await NewcomersGoTo("care");
    }

    [Fact]
    public async Task Without_moving_what_waits_is_left_to_its_agents()
    {
        await Arrive("v-1");
        await Waiting("care", 1);

        var drain = (await _sue.Post("/v1/queues/care/drain", new { to = "rest", move = false })).Is(200)["drain"];

        Assert.Equal((JsonValueKind.Null, 1), (drain.GetProperty("job").ValueKind, drain.GetProperty("left").GetInt32()));
        await NewcomersGoTo("rest");
        Assert.NotEqual(0, (await _sue.Get("/v1/queues/care")).Is(200)["waiting"].GetInt32());
    }

    [Fact]
    public async Task Only_supervisors_drain_and_only_to_another_queue_that_takes_work()
    {
        (await (await _gateway.New("agent", "ann")).Post("/v1/queues/care/drain", new { to = "rest" })).IsProblem(403, "forbidden");
        (await _sue.Post("/v1/queues/care/drain", new { to = "care" })).IsProblem(400, "invalid_target");
        (await _sue.Post("/v1/queues/care/drain", new { to = "nowhere" })).IsProblem(400, "invalid_target");
        (await _sue.Post("/v1/queues/nowhere/drain", new { to = "rest" })).IsProblem(404, "not_found");
        (await _sue.Post("/v1/queues/rest/drain", new { to = "care" })).Is(200);
        (await _sue.Post("/v1/queues/care/drain", new { to = "rest" })).IsProblem(400, "invalid_target");
    }
}
