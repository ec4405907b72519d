using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Mixes each batch by one of several, drawn at random: <c>new RandomMixing(new Mixup { Alpha = 0.8 }, new CutMix())</c>.
/// </summary>
/// <example><code>
/// var mixing = new RandomMixing(new Mixup(), new CutMix()) { Probabilities = [0.5, 0.3] };
/// </code></example>
public sealed record RandomMixing : Mixing
{
    /// <summary>Takes the members, at least one.</summary>
    public RandomMixing(params IReadOnlyList<Mixing> members)
    {
        ArgumentNullException.ThrowIfNull(members);
        if (members.Count == 0)
            throw new ArgumentException("A random mixing must have at least one member, but has none.", nameof(members));
        Members = new ValueList<Mixing>(members.Select(member => Require.NotNull(member, nameof(members))));
    }

    /// <summary>The members.</summary>
    public IReadOnlyList<Mixing> Members { get; }

    /// <summary>
    /// The probability of each member, 0 or above; what they leave of 1 is the probability that a batch is not mixed. Default null: all are
    /// equally likely.
    /// </summary>
    public IReadOnlyList<double>? Probabilities
    {
        get;
        init
        {
            if (value is not null && value.Count != Members.Count)
                throw new ArgumentException(
                    $"Probabilities must have one number a member, {Members.Count}, but has {value.Count}.", nameof(Probabilities));
            field = value is null
                ? null
                : new ValueList<double>(value.Select(probability => Require.Fraction(probability, nameof(Probabilities))));
            // Three tenths and seven tenths may be a bit more than 1.
            if (field?.Sum() > 1 + 1e-9)
                throw new ArgumentException($"Probabilities must not be above 1 in all, but are {field.Sum()}.", nameof(Probabilities));
        }
    }

    /// <inheritdoc/>
    protected override MixedBatch ApplyCore(Tensor images, Targets targets, Random random)
    {
        var remaining = random.NextDouble();
        for (var i = 0; i < Members.Count; i++)
        {
            remaining -= Probabilities?[i] ?? 1.0 / Members.Count;
            if (remaining < 0)
                return Members[i].Apply(images, targets, random);
        }

        // Without probabilities only rounding leads here.
        return Probabilities is null ? Members[^1].Apply(images, targets, random) : new MixedBatch(images, targets);
    }
}
