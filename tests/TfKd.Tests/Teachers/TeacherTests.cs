using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>What a teacher of one's own is spared, and what is told to its author.</summary>
public sealed class TeacherTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Answers_of_another_shape_or_type_are_refused_by_the_teachers_name()
    {
        const string Beginning = "TeacherTests must answer 2 images with floating point logits of shape [2,3], but answered with ";
        Assert.Equal($"{Beginning}Float32 of shape [2,4].", Refusal(() => zeros(2, 4)));
        Assert.Equal($"{Beginning}Float32 of shape [3,3].", Refusal(() => zeros(3, 3)));
        Assert.Equal($"{Beginning}Float32 of shape [6].", Refusal(() => zeros(6)));
        Assert.Equal($"{Beginning}Int64 of shape [2,3].", Refusal(() => zeros(2, 3, ScalarType.Int64)));
        Assert.Equal($"{Beginning}none.", Refusal(() => null!));
        using var silent = new Given(() => zeros(2, 3)) { IsSilent = true };
        Assert.Equal($"{Beginning}none.", Assert.Throws<InvalidOperationException>(() => silent.Teach(Batch())).Message);

        static string Refusal(Func<Tensor> answer)
        {
            using var teacher = new Given(answer);
            return Assert.Throws<InvalidOperationException>(() => teacher.Teach(Batch())).Message;
        }
    }

    [Fact]
    public void A_class_inside_a_source_goes_by_the_sources_name()
    {
        using var teacher = new UniformTeacher().Open(TeacherFixture.Context(4));
        var refusal = Assert.Throws<InvalidOperationException>(() => teacher.Teach(Batch()));
        Assert.StartsWith("UniformTeacher must answer 2 images", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_made_on_the_way_is_freed_and_the_answer_is_the_callers()
    {
        using var teacher = new Given(() => (rand(2, 3) + 1) * 2) { Feature = () => rand(2, 1, 2, 2) + 1 };
        var batch = Batch();
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        using (NewDisposeScope())
        {
            var signal = teacher.Teach(batch);
            Assert.Equal([2, 3], signal.Logits.shape);
            Assert.Equal([2, 1, 2, 2], Assert.Single(signal.Features).shape);
            Assert.Equal(before + 2, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void An_answer_with_a_gradient_is_taken_out_of_its_graph()
    {
        var weights = rand([2, 3], requires_grad: true);
        using var teacher = new Given(() => weights * 2);
        Assert.False(teacher.Teach(Batch()).Logits.requires_grad);
        // Made before, and so with its graph: the numbers are the same.
        var graph = weights * 3;
        using var other = new Given(() => graph);
        var logits = other.Teach(Batch()).Logits;
        Assert.False(logits.requires_grad);
        Assert.True(graph.requires_grad);
        Assert.True(logits.equal(graph).all().item<bool>());
    }

    [Fact]
    public void A_tensor_of_the_teachers_own_stays_where_it_is()
    {
        var kept = rand(2, 3).DetachFromDisposeScope();
        using (NewDisposeScope())
        using (var teacher = new Given(() => kept))
            teacher.Teach(Batch());
        Assert.Equal([2, 3], kept.shape);
        kept.Dispose();
    }

    [Fact]
    public void Row_ids_are_one_an_image_or_none()
    {
        using var teacher = new Given(() => zeros(2, 3));
        teacher.Teach(Batch() with { RowIds = [] });
        Assert.StartsWith("The batch has 2 images, but 1 row ids.",
            Assert.Throws<ArgumentException>(() => teacher.Teach(Batch() with { RowIds = [4] })).Message, StringComparison.Ordinal);
        using var byRow = new RowTeacher().Open(TeacherFixture.Context(3));
        byRow.Teach(Batch());
        Assert.Equal("RowTeacher knows training rows only, but the batch does not say which rows it is of.",
            Assert.Throws<InvalidOperationException>(() => byRow.Teach(Batch() with { RowIds = [] })).Message);
    }

    [Fact]
    public void A_source_tells_what_it_is_made_of_and_nothing_of_it_is_in_its_text()
    {
        TeacherSource one = new UniformTeacher(), other = new VirtualTeacher();
        var inner = new EnsembleTeacher(other);
        var outer = new EnsembleTeacher(one, inner);
        Assert.Equal([outer, one, inner, other], outer.SelfAndParts());
        Assert.Equal("UniformTeacher { }", one.ToString());
        Assert.Throws<ArgumentNullException>("context", () => one.Open(null!));
    }

    private static ImageBatch Batch() => TeacherFixture.Batch(3, 2, 0);

    private sealed class Given(Func<Tensor> answer) : Teacher
    {
        public Func<Tensor>? Feature { get; init; }

        public bool IsSilent { get; init; }

        protected override TeacherSignal TeachCore(ImageBatch batch) =>
            IsSilent ? null! : new TeacherSignal(answer()) { Features = Feature is null ? [] : [Feature()] };
    }
}
