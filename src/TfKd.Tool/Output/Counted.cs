namespace TfKd.Tool;

/// <summary>Numbers of things, as people write them.</summary>
internal static class Counted
{
    /// <summary>"1 photo", "2 photos".</summary>
    public static string Photos(int count) => count == 1 ? "1 photo" : $"{count} photos";
}
