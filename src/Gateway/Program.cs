using Conversations.Gateway;
using Conversations.Gateway.Hosting;

await using var app = GatewayApp.Build(args);
await app.StartWithFirstKey();
await app.WaitForShutdownAsync();
