using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>
/// What <see cref="Augmentation.Apply"/> does for the authors of augmentations: it disposes what they leave, and nothing else.
/// </summary>
public sealed class AugmentationTemplateTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void What_a_careless_augmentation_leaves_is_disposed()
    {
        var images = AugmentationCases.Images(4);
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

        using (var changed = Apply(given => (given.to(ScalarType.Float32) * 2 / 3 + 1).clamp(0, 255).to(given.dtype), images))
        {
            Assert.Equal(before + 1, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
            Assert.Equal(images.shape, changed.shape);
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Images_that_are_returned_as_they_came_stay_the_callers()
    {
        using var inner = NewDisposeScope();
        var images = AugmentationCases.Images(4);

        using (var same = Apply(given => given, images))
            Assert.True(same.eq(images).all().item<bool>());

        Assert.False(images.IsInvalid);
        Assert.True(inner.Contains(images));
    }

    [Fact]
    public void Another_shape_or_type_is_refused_by_name()
    {
        string Refused(Func<Tensor, Tensor> change) =>
            Assert.Throws<InvalidOperationException>(() => Apply(change, AugmentationCases.Images(4))).Message;
        const string Expected = "Changing.ApplyCore must return Byte of shape [4,3,12,10] as it was given, but returned ";

        Assert.Equal(Expected + "Byte of shape [4,3,6,10].", Refused(given => given.narrow(2, 0, 6)));
        Assert.Equal(Expected + "Float32 of shape [4,3,12,10].", Refused(given => given.to(ScalarType.Float32)));
        Assert.Equal(Expected + "null.", Refused(_ => null!));
    }

    private static Tensor Apply(Func<Tensor, Tensor> change, Tensor images) =>
        new Changing(change).Apply(images, AugmentationCases.Random(view: 0, AugmentationCases.Rows(4)));

    private sealed record Changing(Func<Tensor, Tensor> Change) : Augmentation
    {
        protected override Tensor ApplyCore(Tensor images, RowRandom random) => Change(images);
    }
}
