using System.Security.Cryptography;

namespace TfKd.Tests;

/// <summary>One way to wrap a teacher, with what it must then answer.</summary>
/// <param name="Source">
/// The source that has the teacher for a part, beside <see cref="Companion"/>; or the teacher itself, where its answers are kept.
/// </param>
/// <param name="Cache">How answers are kept, given a folder; null: not at all.</param>
/// <param name="Mean">The probabilities of a row, given those of the teacher and those of the companion.</param>
internal sealed record TeacherWrapper(
    Func<TeacherSource, TeacherSource> Source, Func<string, TeacherCache>? Cache, Func<double[], double[], double[]> Mean)
{
    public static double[] CompanionLogits { get; } = [0.5, -1, 2, 0];

    /// <summary>The other member of an ensemble: always the same answer.</summary>
    public static TeacherSource Companion { get; } = new SameAnswer();

    public static IReadOnlyDictionary<string, TeacherWrapper> All { get; } = new Dictionary<string, TeacherWrapper>
    {
        ["arithmetic mean"] = new(source => Ensemble(EnsembleMean.Arithmetic, source), null, Arithmetic),
        ["geometric mean"] = new(source => Ensemble(EnsembleMean.Geometric, source), null, Geometric),
        ["mean of a mean"] = new(source => Ensemble(EnsembleMean.Geometric, Ensemble(EnsembleMean.Arithmetic, source)), null,
            (teacher, companion) => Geometric(Arithmetic(teacher, companion), companion)),
        ["kept in memory"] = new(source => source, _ => new TeacherCache(), (teacher, _) => teacher),
        ["kept in files"] = new(source => source, folder => new TeacherCache { Directory = folder }, (teacher, _) => teacher),
    };

    /// <summary>Opens the source and wraps its teacher; for a cache also one that is not fixed, which no run would do.</summary>
    public Teacher Open(TeacherSource source, TeacherContext context, string folder)
    {
        if (Cache is null)
            return Source(source).Open(context);
        var format = new TeacherCacheFormat(context.ClassNames.Count, TeacherCachePrecision.Float32, topK: null);
        // A folder of its own: two that are open at once do not share a file.
        var cache = Cache(Path.Combine(folder, Guid.NewGuid().ToString("N")));
        var views = new TeacherCacheViews(cache, format, new(context.Training!.Count, Views: 8, Repeats: true), KeyOf, (_, _) => { });
        return new CachedTeacher(source.Open(context), format, views);
    }

    private static byte[] KeyOf(int view) => SHA256.HashData([(byte)view]);

    private static EnsembleTeacher Ensemble(EnsembleMean mean, TeacherSource source) =>
        new(source, Companion) { Mean = mean, Weights = [3, 1] };

    private static double[] Arithmetic(double[] teacher, double[] companion) => [.. teacher.Zip(companion, (p, q) => 0.75 * p + 0.25 * q)];

    private static double[] Geometric(double[] teacher, double[] companion)
    {
        double[] means = [.. teacher.Zip(companion, (p, q) => Math.Pow(p, 0.75) * Math.Pow(q, 0.25))];
        return [.. means.Select(value => value / means.Sum())];
    }

    private sealed record SameAnswer : TeacherSource
    {
        protected override Teacher OpenCore(TeacherContext context) => new Answers();

        private sealed class Answers : Teacher
        {
            public override string Fingerprint => nameof(SameAnswer);

            protected override TeacherSignal TeachCore(ImageBatch batch) =>
                new(TorchSharp.torch.tensor(CompanionLogits, TorchSharp.torch.float32).repeat(batch.Images.shape[0], 1));
        }
    }
}
