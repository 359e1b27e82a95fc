using System.Runtime.Versioning;

// Signals and process numbers.
[assembly: SupportedOSPlatform("linux")]
[assembly: SupportedOSPlatform("macos")]
