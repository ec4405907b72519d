namespace OnnxServing;

/// <summary>The bytes are no image, no whole one, or too large a one: the fault of who sent them.</summary>
internal sealed class UnreadableImageException(string message) : Exception(message);
