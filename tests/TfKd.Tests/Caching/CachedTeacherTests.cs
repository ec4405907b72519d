using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class CachedTeacherTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly Table _table = new();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Rows_are_found_in_any_order_and_company()
    {
        using var teacher = Cached();
        teacher.Teach(Batch(0, 0, 1, 2, 3));
        teacher.Teach(Batch(0, 4, 5));
        Assert.Equal(Table.Answers(0, 5, 1, 4, 0), Numbers(teacher.Teach(Batch(0, 5, 1, 4, 0))));
        Assert.Equal(Table.Answers(0, 2), Numbers(teacher.Teach(Batch(0, 2))));
        Assert.Equal(2, _table.Calls);
    }

    [Fact]
    public void Views_have_answers_of_their_own()
    {
        using var teacher = Cached();
        for (var round = 0; round < 2; round++)
        {
            Assert.Equal(Table.Answers(0, 1, 2), Numbers(teacher.Teach(Batch(0, 1, 2))));
            Assert.Equal(Table.Answers(1, 2, 1), Numbers(teacher.Teach(Batch(1, 2, 1))));
        }

        Assert.Equal(2, _table.Calls);
    }

    [Fact]
    public void Answers_to_rows_as_they_are_are_none_of_a_view()
    {
        using var teacher = Cached();
        teacher.Teach(Batch(ImageBatch.Unaugmented, 1, 2));
        Assert.Equal(Table.Answers(0, 1, 2), Numbers(teacher.Teach(Batch(0, 1, 2))));
        teacher.Teach(Batch(ImageBatch.Unaugmented, 1, 2));
        Assert.Equal(3, _table.Calls);
    }

    [Fact]
    public void A_batch_with_one_new_row_is_asked_whole_and_what_was_known_stays()
    {
        using var teacher = Cached();
        teacher.Teach(Batch(0, 0, 1));
        _table.Offset = 1;
        var answer = Numbers(teacher.Teach(Batch(0, 1, 2)));
        Assert.Equal(Table.Answers(0, 1), answer[..3]);
        Assert.Equal(Table.Answers(0, 2).Select(value => value + 1), answer[3..]);
        Assert.Equal(4, _table.RowsAsked);
    }

    [Fact]
    public void An_answer_that_is_no_number_is_passed_on_and_asked_again()
    {
        using var teacher = Cached();
        _table.Offset = float.NaN;
        Assert.All(Numbers(teacher.Teach(Batch(0, 0, 1))), value => Assert.Equal(float.NaN, value));
        _table.Offset = 0;
        Assert.Equal(Table.Answers(0, 0, 1), Numbers(teacher.Teach(Batch(0, 0, 1))));
        Assert.Equal(2, _table.Calls);
    }

    [Fact]
    public void Impossible_classes_stay_impossible()
    {
        using var teacher = Cached(new TeacherCache { Precision = TeacherCachePrecision.Float16, TopK = 1 });
        _table.Offset = float.NegativeInfinity;
        teacher.Teach(Batch(0, 0));
        Assert.Equal([0, float.NegativeInfinity, float.NegativeInfinity], Numbers(teacher.Teach(Batch(0, 0))));
        Assert.Equal(1, _table.Calls);
    }

    [Theory]
    [InlineData(ScalarType.Float64)]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float32)]
    public void Answers_are_float32_without_gradient_whatever_the_teacher_gives(ScalarType type)
    {
        using var teacher = Cached();
        _table.Type = type;
        for (var round = 0; round < 2; round++)
        {
            var logits = teacher.Teach(Batch(0, 3, 4)).Logits;
            Assert.Equal(ScalarType.Float32, logits.dtype);
            Assert.False(logits.requires_grad);
            Assert.Equal(Table.Answers(0, 3, 4), Numbers(new TeacherSignal(logits)));
        }
    }

    [Fact]
    public void An_answer_of_another_shape_is_refused()
    {
        using var teacher = Cached(classCount: 4);
        var batch = Batch(0, 0, 1) with { Targets = Targets.FromLabels(zeros(2, ScalarType.Int64), 4) };
        Assert.Equal(
            "CachedTeacherTests must answer 2 images with floating point logits of shape [2,4], but answered with Float32 of shape [2,3].",
            Assert.Throws<InvalidOperationException>(() => teacher.Teach(batch)).Message);
    }

    [Fact]
    public void Each_batch_leaves_one_tensor_known_or_not()
    {
        using var teacher = Cached();
        var batch = Batch(0, 0, 1, 2);
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        for (var i = 0; i < 5; i++)
        {
            using var logits = teacher.Teach(batch).Logits;
            Assert.Equal(before + 1, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
        Assert.Equal(1, _table.Calls);
    }

    [Fact]
    public void Images_that_are_no_training_rows_are_asked_each_time_and_nothing_is_kept_of_them()
    {
        using var teacher = Cached();
        var batch = Batch(0, 0, 1);
        teacher.Teach(batch);
        _table.Offset = 1;
        for (var round = 2; round < 4; round++)
        {
            Assert.Equal(Table.Unknown.Select(value => value + 1), Numbers(teacher.Teach(batch with { RowIds = [] })));
            Assert.Equal(round, _table.Calls);
        }

        Assert.Equal(Table.Answers(0, 0, 1), Numbers(teacher.Teach(batch)));
        Assert.Equal(3, _table.Calls);
    }

    [Fact]
    public void It_owns_the_teacher()
    {
        Cached().Dispose();
        Assert.True(_table.IsDisposed);
    }

    private CachedTeacher Cached(TeacherCache? cache = null, int classCount = 3)
    {
        cache ??= new TeacherCache();
        var format = new TeacherCacheFormat(classCount, cache.Precision, cache.TopK);
        var extent = new TeacherCacheExtent(Rows: 6, Views: 2, Repeats: true);
        return new CachedTeacher(_table, format, new TeacherCacheViews(cache, format, extent, _ => [], (message, _) => Assert.Fail(message)));
    }

    private static ImageBatch Batch(int view, params int[] rows) =>
        new(zeros(rows.Length, 3, 8, 8, ScalarType.Byte), Targets.FromLabels(zeros(rows.Length, ScalarType.Int64), 3), rows, view);

    private static float[] Numbers(TeacherSignal signal) => signal.Logits.data<float>().ToArray();

    /// <summary>Answers with small whole numbers, which every type holds exactly.</summary>
    private sealed class Table : Teacher
    {
        public int Calls { get; private set; }

        public int RowsAsked { get; private set; }

        public bool IsDisposed { get; private set; }

        public float Offset { get; set; }

        public ScalarType Type { get; set; } = ScalarType.Float32;

        public override string Fingerprint => "table";

        /// <summary>What it says of two images whose rows it does not know.</summary>
        public static float[] Unknown => [-1, -2, -3, -1, -2, -3];

        public static float[] Answers(int view, params int[] rows) =>
            [.. rows.SelectMany(row => new float[] { row, 10 * row, -view - row * row })];

        protected override TeacherSignal TeachCore(ImageBatch batch)
        {
            Calls++;
            RowsAsked += batch.RowIds.Count;
            // The first class alone is left where the others become impossible.
            var first = float.IsNegativeInfinity(Offset) ? 0 : Offset;
            var offset = tensor(new float[] { first, Offset, Offset });
            using (offset)
            using (var answers = tensor(batch.RowIds.Count == 0 ? Unknown : Answers(batch.View, [.. batch.RowIds])).view(-1, 3))
            using (var sum = answers + offset)
                return new TeacherSignal(sum.to(Type, copy: true));
        }

        protected override void DisposeCore() => IsDisposed = true;
    }
}
