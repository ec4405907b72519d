namespace TfKd.Tests;

/// <summary>Answers kept in memory, for the run.</summary>
public sealed class TeacherMemoryCacheTests
{
    private const int Rows = CachingRun.Rows;

    private static readonly TrainingPlan _plan = CachingRun.Plan;
    private static readonly TrainingPlan _twoViews =
        _plan with { Augmentations = [new RandomCrop { Padding = 2 }], Views = 2, MaxEpochs = 5 };

    [Fact]
    public void Without_augmentations_each_row_is_asked_once()
    {
        var run = CachingRun.Of(_plan);
        Assert.Equal(AllOf(views: 1), run.Asked.Order());
        Assert.Equal(["The teacher's answers are kept in memory: 0.001 MiB (96 rows, 1 view), none known yet."], run.Messages);
    }

    [Fact]
    public void With_views_each_view_of_a_row_is_asked_once()
    {
        var run = CachingRun.Of(_twoViews);
        Assert.Equal(AllOf(views: 2), run.Asked.Order());
        Assert.Equal(["The teacher's answers are kept in memory: 0.003 MiB (96 rows, 2 views), none known yet."], run.Messages);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(5)]
    [InlineData(6)]
    public void Where_no_view_comes_twice_the_teacher_is_asked_each_time(int? views)
    {
        var run = CachingRun.Of(_twoViews with { Views = views });
        Assert.Equal(AllOf(views: 5), run.Asked.Order());
        Assert.Equal(
            ["The teacher is asked for each batch: no view of a row comes twice in this run. Fewer Views than epochs let its answers be "
                + "kept."], run.Messages);
    }

    [Fact]
    public void Nothing_is_said_of_a_run_of_one_epoch()
    {
        var run = CachingRun.Of(_plan with { MaxEpochs = 1 });
        Assert.Equal(AllOf(views: 1), run.Asked.Order());
        Assert.Empty(run.Messages);
    }

    [Fact]
    public void Above_the_budget_the_teacher_is_asked_each_time()
    {
        const int Needed = Rows * 4 * sizeof(float);
        Assert.Equal(Rows, CachingRun.Of(_plan with { TeacherCache = new TeacherCache { MemoryBudget = Needed } }).Asked.Count);
        var run = CachingRun.Of(_plan with { TeacherCache = new TeacherCache { MemoryBudget = Needed - 1 } });
        Assert.Equal(4 * Rows, run.Asked.Count);
        Assert.StartsWith(
            "The teacher is asked for each batch: its answers would take 0.001 MiB (96 rows, 1 view), above the memory budget of 0.001 "
            + "MiB.", Assert.Single(run.Messages), StringComparison.Ordinal);
    }

    [Fact]
    public void It_can_be_turned_off()
    {
        var run = CachingRun.Of(_plan with { TeacherCache = TeacherCache.Off });
        Assert.Equal(4 * Rows, run.Asked.Count);
        Assert.Empty(run.Messages);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(2)]
    public void Losses_are_those_of_the_teacher_itself(int? views)
    {
        // In the first epoch of a view the batches are the same, and so are all bits; later the rows meet in others.
        var plan = views is null ? _plan : _twoViews;
        var cached = CachingRun.Of(plan);
        var online = CachingRun.Of(plan with { TeacherCache = TeacherCache.Off });
        Assert.True(cached.Asked.Count < online.Asked.Count);
        Assert.Equal(online.Losses.Take(views ?? 1), cached.Losses.Take(views ?? 1));
        Assert.Equal(online.Losses.Count, cached.Losses.Count);
        Assert.All(online.Losses, (loss, epoch) => Assert.Equal(loss, cached.Losses[epoch], 1e-6));
    }

    [Fact]
    public void A_lone_last_row_is_asked_with_the_batch_it_is_first_in()
    {
        // 97 rows in batches of 16: one is left out, another each epoch. It comes with 15 rows that were known, and nothing is asked after.
        var run = CachingRun.Of(_plan, rows: Rows + 1);
        Assert.Equal(Rows + CachingRun.BatchSize, run.Asked.Count);
        var left = Assert.Single(Enumerable.Range(0, Rows + 1).Except(run.Asked.Take(Rows).Select(row => row.Row)));
        Assert.Contains((0, left), run.Asked.Skip(Rows));
    }

    [Theory]
    [InlineData(TeacherCachePrecision.Float16, null)]
    [InlineData(TeacherCachePrecision.Float32, 2)]
    [InlineData(TeacherCachePrecision.Float16, 3)]
    public void Rounded_answers_are_rounded_whether_they_are_kept_or_not(TeacherCachePrecision precision, int? topK)
    {
        var cache = new TeacherCache { Precision = precision, TopK = topK };
        var kept = CachingRun.Of(_plan with { TeacherCache = cache });
        var asked = CachingRun.Of(_plan with { TeacherCache = cache with { MemoryBudget = 1 } });
        var exact = CachingRun.Of(_plan);
        Assert.Equal(Rows, kept.Asked.Count);
        Assert.Equal(4 * Rows, asked.Asked.Count);
        Assert.Equal(asked.Losses[0], kept.Losses[0]);
        Assert.NotEqual(exact.Losses[0], kept.Losses[0]);
        if (topK is null)
            Assert.All(exact.Losses, (loss, epoch) => Assert.Equal(loss, kept.Losses[epoch], 1e-3));
    }

    [Fact]
    public void A_teacher_that_is_not_fixed_is_asked_and_refused_where_a_cache_is_asked_for()
    {
        var plan = _plan with { Teacher = new VirtualTeacher(), MaxEpochs = 1 };
        Run(plan);
        Run(plan with { TeacherCache = TeacherCache.Off });
        Assert.Equal(
            "TeacherCache is set, but the answers of VirtualTeacher { CorrectProbability = 0.99, Temperature = 1, Form = Paper } cannot be kept: " +
            "it has no Fingerprint, as one has whose answer depends on the pixels and the row alone. Leave TeacherCache at null, or set it to TeacherCache.Off.",
            Assert.Throws<InvalidOperationException>(
                () => Run(plan with { TeacherCache = new TeacherCache(), Callbacks = [new Batches()] })).Message);
    }

    [Fact]
    public void A_plan_describes_what_changes_its_numbers()
    {
        var plan = _twoViews with { Teacher = new UniformTeacher() };
        Assert.Contains("\nViews: 2\n", plan.Describe(), StringComparison.Ordinal);
        Assert.Contains("\nViews: new ones each epoch\n", (plan with { Views = null }).Describe(), StringComparison.Ordinal);
        Assert.Contains("\nTeacher: UniformTeacher { }\n", plan.Describe(), StringComparison.Ordinal);
        TeacherCache[] without = [new(), new() { Directory = "d" }, TeacherCache.Off, TeacherCache.Off with { TopK = 3 }];
        Assert.All(without, cache =>
            Assert.Equal(plan.Describe(), (plan with { TeacherCache = cache }).Describe()));
        Assert.Contains("\nTeacher: UniformTeacher { }, answers kept as Float16, 3 classes\n",
            (plan with { TeacherCache = new TeacherCache { Precision = TeacherCachePrecision.Float16, TopK = 3 } }).Describe(),
                StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_out_of_range_are_refused()
    {
        Assert.StartsWith("Views must be above 0 and finite, but is 0.",
            Assert.Throws<ArgumentOutOfRangeException>(() => _plan with { Views = 0 }).Message, StringComparison.Ordinal);
        Assert.StartsWith("TopK must be above 0", Assert.Throws<ArgumentOutOfRangeException>(() => new TeacherCache { TopK = 0 }).Message,
            StringComparison.Ordinal);
        Assert.StartsWith("MemoryBudget must be 0 or above",
            Assert.Throws<ArgumentOutOfRangeException>(() => new TeacherCache { MemoryBudget = -1 }).Message, StringComparison.Ordinal);
        Assert.StartsWith("Precision must be one of Float32, Float16", Assert.Throws<ArgumentOutOfRangeException>(
            () => new TeacherCache { Precision = (TeacherCachePrecision)9 }).Message, StringComparison.Ordinal);
        Assert.StartsWith("Directory must be a name", Assert.Throws<ArgumentException>(() => new TeacherCache { Directory = "" }).Message,
            StringComparison.Ordinal);
    }

    private static IEnumerable<(int View, int Row)> AllOf(int views) =>
        Enumerable.Range(0, views).SelectMany(view => Enumerable.Range(0, Rows).Select(row => (view, row)));

    private static void Run(TrainingPlan plan)
    {
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(new SmallCnn { InputShape = new ImageShape(3, 16, 16), Width = 6 }, 4);
        trainer.Run(student, PatternSource.Create(Rows));
    }

    private sealed class Batches : TrainingCallback
    {
        public override void OnBatchEnd(TrainingState state) => Assert.Fail("a batch ran");
    }
}
