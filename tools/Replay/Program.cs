using Conversations.Replaying;

// CommandLine    what can be asked, and its defaults
// Replay         register the brands, deliver every row, read the result back
//   TwcsFile       rows → threads, and which brand owns each
//   Deliveries     what is sent in which order, how often, and what may be in flight together
//   GatewayClient  the gateway's HTTP API
//     PersistentHttp asks until it is answered
//   Report         figures and integrity, from the gateway's own histories
// Display        progress and table
return await CommandLine.Run(args);
