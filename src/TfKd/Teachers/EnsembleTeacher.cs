using System.Globalization;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Several teachers as one: the mean of what they answer. 'The soft targets' of an ensemble are 'an arithmetic or geometric mean of their
/// individual predictive distributions': Hinton, Vinyals and Dean, 'Distilling the Knowledge in a Neural Network', NIPS 2014 workshop,
/// section 1.
/// </summary>
/// <remarks>The mean is taken of the answers as they are; an objective with a temperature softens the mean.</remarks>
/// <example><code>
/// var teacher = new EnsembleTeacher(new ModelFileTeacher("first.zip"), new ModelFileTeacher("second.zip"));
/// </code></example>
public sealed record EnsembleTeacher : TeacherSource
{
    /// <summary>Takes the members, at least one.</summary>
    public EnsembleTeacher(params IReadOnlyList<TeacherSource> members)
    {
        ArgumentNullException.ThrowIfNull(members);
        if (members.Count == 0)
            throw new ArgumentException("An ensemble must have at least one member, but has none.", nameof(members));
        Members = new ValueList<TeacherSource>(members.Select(member => Require.NotNull(member, nameof(members))));
    }

    /// <summary>The members.</summary>
    public IReadOnlyList<TeacherSource> Members { get; }

    /// <summary>The weight of each member, 0 or above, not all 0; only their ratios count. Default null: all weigh the same.</summary>
    public IReadOnlyList<double>? Weights
    {
        get;
        init
        {
            if (value is not null && value.Count != Members.Count)
                throw new ArgumentException($"Weights must have one number a member, {Members.Count}, but has {value.Count}.",
                    nameof(Weights));
            if (value is not null && value.All(weight => weight == 0))
                throw new ArgumentException("Weights must not all be 0.", nameof(Weights));
            field = value is null ? null : new ValueList<double>(value.Select(weight => Require.NotNegative(weight, nameof(Weights))));
        }
    }

    /// <summary>Which mean is taken. Default <see cref="EnsembleMean.Arithmetic"/>.</summary>
    public EnsembleMean Mean { get; init => field = Require.Defined(value); } = EnsembleMean.Arithmetic;

    /// <inheritdoc/>
    public override IReadOnlyList<TeacherSource> Parts => Members;

    /// <inheritdoc/>
    public override bool GivesFeatures => false;

    /// <summary>Where the mean is geometric, which of logits is their mean, and all members can.</summary>
    public override bool TakesSeveralLabels => Mean == EnsembleMean.Geometric && base.TakesSeveralLabels;

    /// <inheritdoc/>
    protected override Teacher OpenCore(TeacherContext context)
    {
        var members = new List<Teacher>();
        try
        {
            foreach (var source in Members)
                members.Add(source.Open(context));
        }
        catch
        {
            // What kept a member from opening is what the caller needs to know.
            DisposeAll(members);
            throw;
        }

        var sum = Weights?.Sum() ?? Members.Count;
        return new MeanOfTeachers(members, [.. Members.Select((_, i) => (Weights?[i] ?? 1) / sum)], Mean);
    }

    /// <summary>Disposes each of them, also after one that throws, and returns what was thrown.</summary>
    private static List<Exception> DisposeAll(IEnumerable<Teacher> teachers)
    {
        var failures = new List<Exception>();
        foreach (var teacher in teachers)
        {
            try
            {
                teacher.Dispose();
            }
            catch (Exception exception)
            {
                failures.Add(exception);
            }
        }

        return failures;
    }

    private sealed class MeanOfTeachers(IReadOnlyList<Teacher> members, IReadOnlyList<double> weights, EnsembleMean mean) : Teacher
    {
        public override string? Fingerprint
        {
            get
            {
                var texts = members.Select(member => member.Fingerprint).ToList();
                return texts.Contains(null)
                    ? null
                    : $"{mean} of {string.Join(" and ", texts.Select((text, i) => $"{WeightText(i)} ({text})"))}";
            }
        }

        public override bool KnowsTrainingRowsOnly => members.Any(member => member.KnowsTrainingRowsOnly);

        public override void OnStepEnd(long stepCount)
        {
            foreach (var member in members)
                member.OnStepEnd(stepCount);
        }

        public override void OnEpochEnd()
        {
            foreach (var member in members)
                member.OnEpochEnd();
        }

        /// <summary>Each name begins with the number of its member.</summary>
        public override IEnumerable<KeyValuePair<string, Tensor>> ReadState() => members.SelectMany((member, i) =>
            member.ReadState().Select(entry => KeyValuePair.Create(Prefix(i) + entry.Key, entry.Value)));

        public override void LoadState(IReadOnlyDictionary<string, Tensor> state)
        {
            for (var i = 0; i < members.Count; i++)
            {
                var prefix = Prefix(i);
                members[i].LoadState(state.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal))
                    .ToDictionary(entry => entry.Key[prefix.Length..], entry => entry.Value));
            }
        }

        protected override TeacherSignal TeachCore(ImageBatch batch)
        {
            var logits = members.Select(member => member.Teach(batch).Logits).ToList();
            return new TeacherSignal(mean == EnsembleMean.Geometric
                ? logits.Select((answer, i) => answer * weights[i]).Aggregate((sum, answer) => sum + answer)
                : stack([.. logits.Select((answer, i) => Divergences.LogSoftmax(answer) + Math.Log(weights[i]))]).logsumexp(0));
        }

        protected override void DisposeCore()
        {
            if (DisposeAll(members) is { Count: > 0 } failures)
                throw new AggregateException("Not all members of the ensemble could be disposed.", failures);
        }

        private static string Prefix(int member) => string.Create(CultureInfo.InvariantCulture, $"{member}.");

        private string WeightText(int member) => weights[member].ToString("R", CultureInfo.InvariantCulture);
    }
}
