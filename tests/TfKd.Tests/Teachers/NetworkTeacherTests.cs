using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class NetworkTeacherTests : IDisposable
{
    private static readonly string[] _classes = ["class 0", "class 1", "class 2"];
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly ImageNetwork _network = new TinyNetwork().Build(classCount: 3);

    public void Dispose()
    {
        _network.Dispose();
        _scope.Dispose();
    }

    [Fact]
    public void Answer_is_the_networks_in_evaluation_mode()
    {
        var images = Images(8, 8);
        using var teacher = new NetworkTeacher(_network, _classes, TeacherFixture.Context(3), ownsNetwork: false);

        var logits = teacher.Teach(Batch(images)).Logits;

        Assert.False(_network.training);
        Assert.True(allclose(_network.call(images), logits));
    }

    [Fact]
    public void Columns_come_in_the_order_of_the_students_classes()
    {
        var images = Images(8, 8);
        using var teacher = new NetworkTeacher(_network, ["class 2", "class 0", "class 1"], TeacherFixture.Context(3), ownsNetwork: false);

        var logits = teacher.Teach(Batch(images)).Logits;

        Assert.True(allclose(_network.call(images).index_select(1, tensor([1L, 2L, 0L])), logits));
    }

    [Fact]
    public void Fingerprint_is_of_weights_normalisation_and_the_order_of_the_columns()
    {
        using var teacher = new NetworkTeacher(_network, _classes, TeacherFixture.Context(3), ownsNetwork: false);
        using var same = new NetworkTeacher(_network, _classes, TeacherFixture.Context(3), ownsNetwork: false);
        using var turned = new NetworkTeacher(_network, ["class 2", "class 0", "class 1"], TeacherFixture.Context(3), ownsNetwork: false);

        Assert.Equal(teacher.Fingerprint, same.Fingerprint);
        Assert.NotEqual(teacher.Fingerprint, turned.Fingerprint);

        _network.Normalization.Set(new ChannelStatistics([0.1, 0, 0], [1, 1, 1]));
        using var shifted = new NetworkTeacher(_network, _classes, TeacherFixture.Context(3), ownsNetwork: false);
        Assert.NotEqual(teacher.Fingerprint, shifted.Fingerprint);
        using (no_grad())
            _network.Body.parameters().First().add_(1e-3);
        using var trained = new NetworkTeacher(_network, _classes, TeacherFixture.Context(3), ownsNetwork: false);
        Assert.NotEqual(shifted.Fingerprint, trained.Fingerprint);
    }

    [Theory]
    [InlineData(ScalarType.Byte)]
    [InlineData(ScalarType.Float32)]
    public void Batch_of_another_size_is_resized(ScalarType type)
    {
        var images = Images(16, 12).to(type);
        using var teacher = new NetworkTeacher(_network, _classes, TeacherFixture.Context(3, new ImageShape(3, 16, 12)),
            ownsNetwork: false);

        var logits = teacher.Teach(Batch(images)).Logits;

        var resized = nn.functional.interpolate(images.to(ScalarType.Float32), [8, 8], mode: InterpolationMode.Bilinear,
            align_corners: false);
        Assert.True(allclose(_network.call(resized), logits));
    }

    [Fact]
    public void Training_mode_set_by_others_neither_changes_the_answer_nor_the_running_statistics()
    {
        var batch = Batch(Images(8, 8));
        using var teacher = new NetworkTeacher(_network, _classes, TeacherFixture.Context(3), ownsNetwork: false);
        var expected = teacher.Teach(batch).Logits;

        _network.train();
        var answer = teacher.Teach(batch).Logits;

        Assert.True(allclose(expected, answer));
        Assert.Equal(0, _network.named_buffers().Single(
            buffer => buffer.name.EndsWith("num_batches_tracked", StringComparison.Ordinal)).buffer.item<long>());
    }

    [Fact]
    public void Answer_carries_no_gradient_and_may_take_part_in_a_graph()
    {
        using var teacher = new NetworkTeacher(_network, _classes, TeacherFixture.Context(3), ownsNetwork: false);
        var student = zeros(2, 3).requires_grad_();

        var logits = teacher.Teach(Batch(Images(8, 8))).Logits;
        (student * logits).sum().backward();

        Assert.False(logits.requires_grad);
        Assert.True(allclose(logits, student.grad!));
        Assert.All(_network.parameters(), parameter => Assert.Null(parameter.grad));
    }

    [Fact]
    public void Owner_disposes_the_network_and_a_guest_does_not()
    {
        var weights = _network.parameters().ToArray();

        new NetworkTeacher(_network, _classes, TeacherFixture.Context(3), ownsNetwork: false).Dispose();
        Assert.All(weights, weight => Assert.False(weight.IsInvalid));

        new NetworkTeacher(_network, _classes, TeacherFixture.Context(3), ownsNetwork: true).Dispose();
        Assert.All(weights, weight => Assert.True(weight.IsInvalid));
    }

    [Fact]
    public void Each_batch_leaves_one_tensor_and_the_end_none()
    {
        var batch = Batch(Images(16, 16));
        var atStart = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        using (var teacher = new NetworkTeacher(_network, ["class 2", "class 0", "class 1"], TeacherFixture.Context(3), ownsNetwork: false))
        {
            var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
            for (var i = 0; i < 5; i++)
            {
                using var logits = teacher.Teach(batch).Logits;
                Assert.Equal(before + 1, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
            }
        }

        Assert.Equal(atStart, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Another_number_of_channels_is_refused()
    {
        var exception = Assert.Throws<InvalidOperationException>(
            () => new NetworkTeacher(_network, _classes, TeacherFixture.Context(3, new ImageShape(1, 8, 8)), ownsNetwork: false));

        Assert.Equal("The teacher takes images of 3 channels (3x8x8), but the student's have 1 (1x8x8).", exception.Message);
    }

    [Fact]
    public void Another_number_of_names_than_logits_is_refused()
    {
        var exception = Assert.Throws<ArgumentException>(
            () => new NetworkTeacher(_network, ["class 0", "class 1"], TeacherFixture.Context(2), ownsNetwork: false));

        Assert.Equal("The network has 3 classes, but 2 names came. (Parameter 'classNames')", exception.Message);
    }

    private static Tensor Images(int height, int width) =>
        (arange(2 * 3 * height * width).remainder(251)).view(2, 3, height, width).to(ScalarType.Byte);

    private static ImageBatch Batch(Tensor images) => TeacherFixture.Batch(Targets.FromLabels(tensor([0L, 2L]), 3), images);

    private sealed record TinyNetwork() : NetworkArchitecture(new ImageShape(3, 8, 8))
    {
        protected override nn.Module<Tensor, Tensor> BuildBody(int classCount) => nn.Sequential(
            nn.Conv2d(3, 4, 3),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(4, classCount));
    }
}
