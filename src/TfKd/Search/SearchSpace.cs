using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace TfKd;

/// <summary>
/// Gives the settings of one trial of a search: each method draws a value by its name. What is drawn depends on the search's seed, the
/// trial and the name alone, so that a value more leaves the others as they were. Ranges read as those of ML.NET's SearchSpace do.
/// </summary>
/// <example><code>
/// Func&lt;SearchSpace, TrainingPlan&gt; plans = space => new TrainingPlan
/// {
///     Optimizer = new Sgd { LearningRate = space.UniformDouble("LearningRate", 0.001, 0.3, logBase: true) },
///     Objective = space.Choice&lt;Objective&gt;("Objective", new CrossEntropy(), new LabelSmoothing()),
///     BatchSize = space.Choice("BatchSize", 32, 64, 128),
/// };
/// </code></example>
public sealed class SearchSpace
{
    private const int Digits = 3;
    private readonly List<SearchValue> _values = [];
    private readonly long _seed;
    private readonly long _draw;

    internal SearchSpace(long seed, long draw) => (_seed, _draw) = (seed, draw);

    /// <summary>What was drawn so far, in order.</summary>
    public IReadOnlyList<SearchValue> Values => _values;

    /// <summary>A number between two, rounded to three significant digits: what a table shows is what was used.</summary>
    /// <param name="name">What it is called in the table.</param>
    /// <param name="min">The lowest value.</param>
    /// <param name="max">The highest value, above the lowest.</param>
    /// <param name="logBase">
    /// Whether each order of magnitude is as likely as any other, as suits learning rates; the lowest value must then be above 0. Default
    /// false: each number is.
    /// </param>
    /// <exception cref="ArgumentException">The ends are no range, or the trial has drawn a value of this name.</exception>
    public double UniformDouble(string name, double min, double max, bool logBase = false)
    {
        CheckRange(name, min, max, logBase);
        var share = Draw(name);
        var value = logBase ? Math.Exp(Math.Log(min) + share * (Math.Log(max) - Math.Log(min))) : min + share * (max - min);
        var rounded = double.Parse(value.ToString($"G{Digits}", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return Keep(name, Math.Clamp(rounded, min, max));
    }

    /// <summary>A whole number between two, both of which may come.</summary>
    /// <inheritdoc cref="UniformDouble"/>
    public int UniformInt(string name, int min, int max, bool logBase = false)
    {
        CheckRange(name, min, max, logBase);
        var share = Draw(name);
        var value = logBase
            ? Math.Exp(Math.Log(min) + share * (Math.Log(max + 1.0) - Math.Log(min)))
            : min + share * (max + 1.0 - min);
        return Keep(name, (int)Math.Clamp(Math.Floor(value), min, max));
    }

    /// <summary>One of some values: numbers, objectives, optimisers, lists of augmentations, null among them.</summary>
    /// <param name="name">What it is called in the table.</param>
    /// <param name="values">The values, each as likely as any other; the table has what they print.</param>
    /// <exception cref="ArgumentException">There are no values, or the trial has drawn a value of this name.</exception>
    public T Choice<T>(string name, params ReadOnlySpan<T> values)
    {
        Require.Name(name, nameof(name));
        if (values.IsEmpty)
            throw new ArgumentException($"Choice '{name}' must have values, but has none.", nameof(values));
        var index = (int)(Draw(name) * values.Length);
        var (text, equal) = (SearchValue.TextOf(values[index]), 0);
        foreach (var earlier in values[..index])
            equal += SearchValue.TextOf(earlier) == text ? 1 : 0;
        // Two that print the same are two settings all the same.
        _values.Add(new(name, equal == 0 ? text : FormattableString.Invariant($"{text} ({equal + 1})")));
        return values[index];
    }

    private static void CheckRange(string name, double min, double max, bool logBase)
    {
        Require.Name(name, nameof(name));
        if (!(double.IsFinite(min) && double.IsFinite(max) && min < max))
            throw new ArgumentException(
                FormattableString.Invariant($"The range of '{name}' must be from low to high, but is {min} to {max}."));
        if (logBase && min <= 0)
            throw new ArgumentException(FormattableString.Invariant(
                $"The range of '{name}' must begin above 0 to be drawn by its logarithm, but begins at {min}."));
    }

    private T Keep<T>(string name, T value)
    {
        _values.Add(new(name, SearchValue.TextOf(value)));
        return value;
    }

    // From 0 to below 1.
    private double Draw(string name)
    {
        if (_values.Exists(value => value.Name == name))
            throw new ArgumentException($"'{name}' is drawn twice in one trial; each value must have a name of its own.", nameof(name));
        var hash = BinaryPrimitives.ReadInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
        return (SeedSequence.Derive(_seed, SeedPurpose.Search, _draw, hash) >> 11) * Math.ScaleB(1, -53);
    }
}
