namespace TfKd;

/// <summary>The size below which nothing is left of an image within a network.</summary>
internal static class SmallestImage
{
    /// <param name="architecture">What is to be built.</param>
    /// <param name="side">The smallest height and width that give one position at the end.</param>
    /// <param name="halvings">How often the resolution is halved, as a word.</param>
    /// <exception cref="InvalidOperationException">The images are smaller.</exception>
    public static void Require(NetworkArchitecture architecture, int side, string halvings)
    {
        if (architecture.InputShape.Height < side || architecture.InputShape.Width < side)
            throw new InvalidOperationException($"{architecture.GetType().Name} halves the resolution {halvings} times and needs images "
                + $"of at least {side}x{side}, but InputShape is {architecture.InputShape}.");
    }
}
