namespace TfKd.Tests;

/// <summary>Answers kept in a folder, for runs to share.</summary>
public sealed class TeacherFileCacheTests : IDisposable
{
    private const int Rows = CachingRun.Rows;

    private readonly string _directory = Directory.CreateTempSubdirectory("tfkd-cache-").FullName;

    public static TheoryData<string> Changes => ["teacher", "rows", "augmentation", "seed", "precision", "top k"];

    private TeacherCache Cache => new() { Directory = Path.Combine(_directory, "answers") };

    private TrainingPlan Plan => CachingRun.Plan with { TeacherCache = Cache };

    private TrainingPlan TwoViews => Plan with { Augmentations = [new RandomCrop { Padding = 2 }], Views = 2, MaxEpochs = 3 };

    private string[] Files => Directory.GetFiles(Cache.Directory!);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_second_run_asks_nothing_and_computes_the_same()
    {
        var first = CachingRun.Of(TwoViews);
        var second = CachingRun.Of(TwoViews);
        Assert.Equal(2 * Rows, first.Asked.Count);
        Assert.Empty(second.Asked);
        Assert.Equal(first.Losses, second.Losses);
        Assert.Equal(first.Weights, second.Weights);
        Assert.Equal(2, Files.Length);
        Assert.Equal([$"The teacher's answers are kept in '{Cache.Directory}': 0 of 192 (96 rows, 2 views) were known already."],
            first.Messages);
        Assert.Equal([$"The teacher's answers are kept in '{Cache.Directory}': 192 of 192 (96 rows, 2 views) were known already."],
            second.Messages);
    }

    [Fact]
    public void A_file_system_that_cannot_be_written_to_is_done_without()
    {
        // Where Linux shows its processes no folder can be made, by root neither.
        if (!OperatingSystem.IsLinux())
            return;
        const string Folder = "/proc/tfkd-answers";
        var run = CachingRun.Of(TwoViews with { TeacherCache = new() { Directory = Folder } });
        Assert.StartsWith(
            $"! The teacher's answers are not kept in '{Folder}' in this run, but in memory: ", run.Messages[0], StringComparison.Ordinal);
        Assert.Equal(CachingRun.Of(TwoViews).Weights, run.Weights);
        Assert.Equal(2 * Rows, run.Asked.Count);
    }

    [Fact]
    public void Another_student_asks_nothing()
    {
        CachingRun.Of(TwoViews);
        Assert.Empty(CachingRun.Of(TwoViews with { MaxEpochs = 4, Optimizer = new AdamW(), Objective = new SoftTargetKl() },
            width: 10).Asked);
    }

    [Fact]
    public void More_views_ask_for_the_new_ones_alone()
    {
        CachingRun.Of(TwoViews);
        var run = CachingRun.Of(TwoViews with { Views = 3 });
        Assert.Equal(Rows, run.Asked.Count);
        Assert.All(run.Asked, row => Assert.Equal(2, row.View));
    }

    [Fact]
    public void Views_that_come_once_are_kept_for_other_runs()
    {
        var plan = TwoViews with { Views = null };
        Assert.Equal(3 * Rows, CachingRun.Of(plan).Asked.Count);
        Assert.Empty(CachingRun.Of(plan).Asked);
    }

    [Fact]
    public void Another_order_of_the_rows_asks_nothing_where_the_images_are_not_changed()
    {
        CachingRun.Of(Plan with { MaxEpochs = 1 });
        Assert.Empty(CachingRun.Of(Plan with { Seed = 4 }).Asked);
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public void What_changes_the_answers_asks_again(string change)
    {
        var plan = TwoViews;
        CachingRun.Of(plan);
        var run = change switch
        {
            "teacher" => CachingRun.Of(plan, teacherSeed: 12),
            "rows" => CachingRun.Of(plan, rowSeed: 2),
            "augmentation" => CachingRun.Of(plan with { Augmentations = [new RandomCrop { Padding = 3 }] }),
            "seed" => CachingRun.Of(plan with { Seed = 4 }),
            "precision" => CachingRun.Of(plan with { TeacherCache = Cache with { Precision = TeacherCachePrecision.Float16 } }),
            "top k" => CachingRun.Of(plan with { TeacherCache = Cache with { TopK = 2 } }),
            _ => throw new ArgumentOutOfRangeException(nameof(change), change, null),
        };
        Assert.Equal(2 * Rows, run.Asked.Distinct().Count());
        Assert.Equal(2 * Rows, run.Asked.Count);
        Assert.Equal(4, Files.Length);
        // The first files are still served to whom they belong.
        Assert.Empty(CachingRun.Of(plan).Asked);
    }

    [Theory]
    [InlineData(TeacherCachePrecision.Float16, null)]
    [InlineData(TeacherCachePrecision.Float16, 2)]
    public void Rounded_answers_are_the_same_found_and_made(TeacherCachePrecision precision, int? topK)
    {
        var plan = TwoViews with { TeacherCache = Cache with { Precision = precision, TopK = topK } };
        Assert.Equal(CachingRun.Of(plan).Weights, CachingRun.Of(plan).Weights);
    }

    [Fact]
    public void An_interrupted_run_continues()
    {
        var unbroken = CachingRun.Of(Plan with { TeacherCache = null });
        var cut = CachingRun.Of(Plan, cancelAfter: 4);
        var rest = CachingRun.Of(Plan);
        Assert.Equal(4 * CachingRun.BatchSize, cut.Asked.Count);
        Assert.Equal(Rows, cut.Asked.Concat(rest.Asked).Distinct().Count());
        Assert.Equal(Rows, cut.Asked.Count + rest.Asked.Count);
        Assert.Equal(unbroken.Weights, rest.Weights);
        Assert.Contains("64 of 96 (96 rows, 1 view) were known already.", Assert.Single(rest.Messages), StringComparison.Ordinal);
    }

    [Fact]
    public void A_truncated_file_is_made_anew_with_a_warning()
    {
        var expected = CachingRun.Of(Plan);
        var file = Assert.Single(Files);
        using (var stream = File.OpenWrite(file))
            stream.SetLength(stream.Length / 2);
        var run = CachingRun.Of(Plan);
        Assert.Equal(Rows, run.Asked.Count);
        Assert.Equal(expected.Weights, run.Weights);
        Assert.Contains($"! '{file}' is damaged or was not finished, and is made anew: the teacher is asked for its rows again.",
            run.Messages);
        Assert.Empty(CachingRun.Of(Plan).Asked);
    }

    [Fact]
    public void A_damaged_row_is_asked_again_with_its_batch()
    {
        var expected = CachingRun.Of(Plan);
        var file = Assert.Single(Files);
        var bytes = File.ReadAllBytes(file);
        bytes[^1] ^= 0x40;
        File.WriteAllBytes(file, bytes);
        var run = CachingRun.Of(Plan);
        Assert.Equal(CachingRun.BatchSize, run.Asked.Count);
        Assert.Contains((0, Rows - 1), run.Asked);
        Assert.Equal(expected.Weights, run.Weights);
        Assert.Equal(File.ReadAllBytes(file).Length, bytes.Length);
        Assert.Empty(CachingRun.Of(Plan).Asked);
    }

    [Fact]
    public void A_file_that_another_run_fills_is_left_alone()
    {
        CachingRun.Of(Plan, cancelAfter: 2);
        var file = Assert.Single(Files);
        var before = File.ReadAllBytes(file);
        CachingRun run, small;
        using (new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            run = CachingRun.Of(Plan);
            small = CachingRun.Of(Plan with { TeacherCache = Cache with { MemoryBudget = 1 } });
        }

        Assert.Equal(Rows, run.Asked.Count);
        Assert.Contains(run.Messages, message => message.StartsWith(
            $"! The teacher's answers are not kept in '{file}' in this run, but in memory: ", StringComparison.Ordinal));
        Assert.Equal(4 * Rows, small.Asked.Count);
        Assert.Contains(small.Messages,
            message => message.StartsWith($"! The teacher's answers are not kept in '{file}' in this run: ", StringComparison.Ordinal));
        Assert.Equal(before, File.ReadAllBytes(file));
        Assert.Equal(CachingRun.Of(Plan).Weights, run.Weights);
    }

    [Fact]
    public void Runs_at_the_same_time_read_one_whole_file()
    {
        CachingRun.Of(Plan);
        var inner = new List<CachingRun>();
        var outer = CachingRun.Of(Plan with { MaxEpochs = 2, Callbacks = [new FirstEpoch(() => inner.Add(CachingRun.Of(Plan)))] });
        Assert.Empty(outer.Asked);
        Assert.Empty(Assert.Single(inner).Asked);
        Assert.Single(inner[0].Messages);
    }

    [Fact]
    public void A_lone_last_row_leaves_a_gap_that_the_next_run_fills()
    {
        var one = Plan with { MaxEpochs = 1 };
        Assert.Equal(Rows, CachingRun.Of(one, rows: Rows + 1).Asked.Count);
        // The same order leaves the same row out.
        Assert.Empty(CachingRun.Of(one, rows: Rows + 1).Asked);
        var other = CachingRun.Of(one with { Seed = 4 }, rows: Rows + 1);
        Assert.Equal(CachingRun.BatchSize, other.Asked.Count);
        Assert.Contains("96 of 97 (97 rows, 1 view) were known already.", Assert.Single(other.Messages), StringComparison.Ordinal);
        Assert.Empty(CachingRun.Of(one with { Seed = 5 }, rows: Rows + 1).Asked);
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_named_before_the_first_batch()
    {
        var file = Path.Combine(_directory, "a file");
        File.WriteAllText(file, "");
        var plan = Plan with
        {
            TeacherCache = Cache with { Directory = Path.Combine(file, "below") },
            Callbacks = [new FirstEpoch(() => Assert.Fail("an epoch ran"))],
        };
        Assert.Contains(file, Assert.ThrowsAny<IOException>(() => CachingRun.Of(plan)).Message, StringComparison.Ordinal);
    }

    private sealed class FirstEpoch(Action action) : TrainingCallback
    {
        public override void OnEpochEnd(TrainingState state)
        {
            if (state.Epoch == 1)
                action();
        }
    }
}
