namespace TfKd.Tool;

/// <summary>The command line is wrong in a way that no option alone could know.</summary>
/// <param name="message">What is wrong and what was expected.</param>
#pragma warning disable CA1032, RCS1194 // Made in one way only.
internal sealed class UsageException(string message) : Exception(message);
#pragma warning restore CA1032, RCS1194
