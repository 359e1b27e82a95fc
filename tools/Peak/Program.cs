using Conversations.Peaks;

// CommandLine     what can be asked, and its defaults
// Peak            agents come to work, the peak, what the histories say of it
//   Scenario        who comes, who answers, what goes wrong
//   Arrivals, Spread  when, and for how long
//   Simulation      the people: told the time and what happens, it says what they do
//   Driver          plays it against a gateway, in real or accelerated time
//   Gateway, Watcher  the HTTP API and the feed
//   Story           one conversation's history, read back
//   PeakReport      figures, Erlang's opinion, and whether anything was lost
// Expectation     bars that make it fail
// Display         progress and table
return await CommandLine.Run(args);
