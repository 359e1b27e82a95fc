using Conversations.Engine;
using Conversations.Gateway;
using Conversations.Gateway.Hosting;

try
{
    await using var app = GatewayApp.Build(args);
    await app.StartWithFirstKey();
    await app.WaitForShutdownAsync();
    return 0;
}
catch (Exception refusal) when (refusal is StoreUnavailableException or InvalidOperationException or UnauthorizedAccessException or IOException)
{
    // What whoever started it can put right: a sentence, not a stack trace.
    await Console.Error.WriteLineAsync(refusal.Message);
    return 1;
}
