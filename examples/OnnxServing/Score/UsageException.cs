namespace OnnxServing;

/// <summary>The command line or the environment contradicts itself: exit code 2.</summary>
internal sealed class UsageException(string message) : Exception(message);
