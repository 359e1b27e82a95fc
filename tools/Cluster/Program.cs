using Conversations.Clusters;

return await CommandLine.Run(args);
