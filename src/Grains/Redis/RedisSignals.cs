using System.Text.Json;
using Conversations.Engine;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Conversations.Grains.Redis;

/// <summary>
/// Signals over Redis' pub/sub: at most once, which is all that is asked of them. They share the reads' connection, never the
/// commits'.
/// </summary>
internal sealed partial class RedisSignals : ISignals
{
    private readonly ISubscriber _subscriber;
    private readonly RedisChannel _channel;
    private readonly ILogger _log;

    public RedisSignals(RedisLink link, Keys keys, ILogger log)
    {
        (_subscriber, _channel, _log) = (link.ReadConnection.GetSubscriber(), RedisChannel.Literal(keys.Signals), log);
    }

    public event Action<Signal>? Heard;

    public Task Start() => _subscriber.SubscribeAsync(_channel, (_, message) => Hear(message));

    public void Send(Signal signal)
    {
        try
        {
            _subscriber.Publish(_channel, JsonSerializer.SerializeToUtf8Bytes(new Form(signal.Account.Value, signal.Topic, signal.Body)), CommandFlags.FireAndForget);
        }
        catch (RedisException)
        {
            // there is no connection now: it is said again in a few seconds
        }
    }

    private void Hear(RedisValue message)
    {
        try
        {
            if (JsonSerializer.Deserialize<Form>((byte[])message!) is { } form)
            {
                Heard?.Invoke(new(new(form.Account), form.Topic, form.Body));
            }
        }
        catch (JsonException failure)
        {
            LogStrange(_log, failure.Message); // another version's, or somebody else's
        }
    }

    private sealed record Form(string Account, string Topic, string Body);

    [LoggerMessage(EventId = 70, Level = LogLevel.Debug, Message = "A signal could not be read: {Error}")]
    private static partial void LogStrange(ILogger log, string error);
}
