using System.Text.Json;
using static System.FormattableString;

namespace TfKd.MpiProbe;

/// <summary>What a process ended with.</summary>
/// <param name="Weights">The hash of its weights.</param>
/// <param name="Losses">The training loss of each epoch.</param>
/// <param name="ValidationLosses">The validation loss of each epoch.</param>
/// <param name="Accuracies">The validation accuracy of each epoch.</param>
internal sealed record Outcome(string Weights, double[] Losses, double[] ValidationLosses, double[] Accuracies)
{
    private static readonly JsonSerializerOptions _json = new() { TypeInfoResolver = ReflectionJson.Resolver };

    /// <summary>What the process of a rank wrote into a folder.</summary>
    public static Outcome Read(string folder, int rank = 0) =>
        JsonSerializer.Deserialize<Outcome>(File.ReadAllText(PathOf(folder, rank)), _json)!;

    public void Write(string folder, int rank) => File.WriteAllText(PathOf(folder, rank), JsonSerializer.Serialize(this, _json));

    /// <summary>The largest difference of a loss; it is told, too.</summary>
    public double DifferenceFrom(Outcome other)
    {
        var difference = Losses.Concat(ValidationLosses).Zip(other.Losses.Concat(other.ValidationLosses), (one, two) => Math.Abs(one - two))
            .Append(Losses.Length == other.Losses.Length ? 0 : double.PositiveInfinity)
            .Max();
        Console.WriteLine(Invariant($"{Losses.Length} and {other.Losses.Length} epochs, losses differ by {difference:G2} at most"));
        return difference;
    }

    private static string PathOf(string folder, int rank) => Path.Combine(folder, $"rank{rank}.json");
}
