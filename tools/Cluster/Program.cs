using System.Runtime.Versioning;
using Conversations.Clusters;

[assembly: SupportedOSPlatform("linux")]
[assembly: SupportedOSPlatform("macos")]

return await CommandLine.Run(args);
