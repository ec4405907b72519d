namespace TfKd.Tests;

/// <summary>A fixed teacher, a small network, that writes down which views of which rows it was asked for.</summary>
internal sealed record CountingTeacher : TeacherSource
{
    private static readonly NetworkArchitecture _architecture = new SmallCnn { InputShape = new ImageShape(3, 16, 16), Width = 8 };

    public List<(int View, int Row)> Asked { get; } = [];

    public long WeightSeed { get; init; } = 11;

    protected override Teacher OpenCore(TeacherContext context)
    {
        var network = new Trainer(new TrainingPlan { Seed = WeightSeed }).CreateStudent(_architecture, context.ClassNames.Count);
        return new CountingNetwork(new NetworkTeacher(network, context.ClassNames, context, ownsNetwork: true), Asked);
    }

    private sealed class CountingNetwork(NetworkTeacher inner, List<(int View, int Row)> asked) : Teacher
    {
        public override string Fingerprint => inner.Fingerprint;

        protected override TeacherSignal TeachCore(ImageBatch batch)
        {
            asked.AddRange(batch.RowIds.Select(row => (batch.View, row)));
            return inner.Teach(batch);
        }

        protected override void DisposeCore() => inner.Dispose();
    }
}
