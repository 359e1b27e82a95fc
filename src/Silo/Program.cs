using Conversations.Engine;
using Conversations.Silo;

try
{
    await using var process = SiloApp.Build(args);
    await process.Start();
    await process.WaitForShutdown();
    return 0;
}
catch (Exception refusal) when (refusal is StoreUnavailableException or InvalidOperationException or UnauthorizedAccessException or IOException)
{
    // What whoever started it can put right: a sentence, not a stack trace.
    await Console.Error.WriteLineAsync(refusal.Message);
    return 1;
}
