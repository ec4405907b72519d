namespace TfKd.Tests;

/// <summary>A source of one's own around another one keeps what that one knows of its rows.</summary>
public sealed class WrappedSourceTests
{
    private static readonly TrainingPlan _plan = new()
    {
        BatchSize = 8,
        MaxEpochs = 2,
        Optimizer = new Sgd { LearningRate = 0.05 },
        Seed = 3
    };

    [Fact]
    public void A_run_on_a_wrapper_is_the_run_on_what_it_wraps()
    {
        var rows = Weighted();
        var losses = Losses(rows);
        Assert.Equal(losses, Losses(new RenamedSource(rows, rows.ClassNames)));
        Assert.Equal(losses, Losses(new RenamedSource(new SourceSubset(rows, Enumerable.Range(0, rows.Count)), rows.ClassNames)));
        Assert.NotEqual(losses, Losses(new SourceWithoutExtras(rows)));
    }

    [Fact]
    public void Its_fingerprint_is_that_of_what_it_wraps()
    {
        var rows = Weighted();
        Assert.Equal(SourceFingerprint.Of(rows), SourceFingerprint.Of(new RenamedSource(rows, rows.ClassNames)));
        Assert.NotEqual(SourceFingerprint.Of(rows), SourceFingerprint.Of(new SourceWithoutExtras(rows)));
    }

    [Fact]
    public void Extras_have_no_default_that_could_be_forgotten() =>
        Assert.All(typeof(IImageSource).GetMethods(), method => Assert.True(method.IsAbstract, method.Name));

    private static DecodedCache Weighted()
    {
        var patterns = PatternSource.Create(32);
        var rows = new DecodedCache(patterns.Shape, patterns.ClassNames);
        var pixels = new byte[patterns.Shape.ByteCount];
        for (var row = 0; row < patterns.Count; row++)
        {
            patterns.ReadPixels(row, pixels);
            rows.Add(pixels, patterns.GetLabel(row), weight: row % 3);
        }

        return rows;
    }

    private static double[] Losses(IImageSource rows)
    {
        var trainer = new Trainer(_plan);
        using var student = trainer.CreateStudent(new SmallCnn { InputShape = rows.Shape, Width = 4 }, rows.ClassNames);
        return [.. trainer.Run(student, rows).History.Select(epoch => epoch.TrainingLoss)];
    }
}
