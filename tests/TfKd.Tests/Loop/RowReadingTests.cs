namespace TfKd.Tests;

/// <summary>How often a run reads its rows: each time is a pass over a file where they are more than memory takes.</summary>
public sealed class RowReadingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tfkd-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_fingerprint_of_the_rows_is_made_once_where_it_is_needed()
    {
        var plan = CachingRun.Plan with { MaxEpochs = 1 };
        var none = Reads(plan);
        Assert.Equal(none + 1, Reads(plan with { CheckpointDirectory = Path.Combine(_folder, "one") }));
        Assert.Equal(none + 1, Reads(plan with { TeacherCache = new TeacherCache { Directory = Path.Combine(_folder, "two") } }));
        Assert.Equal(
            none + 1,
            Reads(plan with
            {
                CheckpointDirectory = Path.Combine(_folder, "three"),
                TeacherCache = new TeacherCache { Directory = Path.Combine(_folder, "four") },
            }));
    }

    private static int Reads(TrainingPlan plan)
    {
        // The last row: what looks at the first batch only does not see it.
        var source = new Counting(PatternSource.Create(CachingRun.Rows), CachingRun.Rows - 1);
        var trainer = new Trainer(plan with { Teacher = new CountingTeacher { WeightSeed = 11 } });
        using var student = trainer.CreateStudent(new SmallCnn { InputShape = source.Shape, Width = 6 }, 4);
        trainer.Run(student, source);
        return source.Reads;
    }

    private sealed class Counting(IImageSource source, int counted) : IImageSource
    {
        private int _reads;

        public int Reads => _reads;

        public int Count => source.Count;

        public ImageShape Shape => source.Shape;

        public IReadOnlyList<string> ClassNames => source.ClassNames;

        public SampleExtras? Extras => source.Extras;

        public int GetLabel(int row) => source.GetLabel(row);

        public void ReadPixels(int row, Span<byte> pixels)
        {
            if (row == counted)
                Interlocked.Increment(ref _reads);
            source.ReadPixels(row, pixels);
        }
    }
}
