using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>What every augmentation of the library must keep.</summary>
public sealed class AugmentationContractTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public static TheoryData<string> Names => [.. AugmentationCases.All.Keys];

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Every_augmentation_has_a_case()
    {
        var augmentations = typeof(Augmentation).Assembly
            .GetTypes()
            .Where(type => type.IsSubclassOf(typeof(Augmentation)) && !type.IsAbstract)
            .Select(type => type.Name);

        Assert.Equal(
            augmentations.Order(), AugmentationCases.All.Values.Select(augmentation => augmentation.GetType().Name).Distinct().Order());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Shape_and_type_are_kept_and_the_argument_is_not_changed(string name)
    {
        foreach (var type in (ScalarType[])[ScalarType.Byte, ScalarType.Float32, ScalarType.Float64])
        {
            var images = AugmentationCases.Images(4, type);
            var before = images.clone();

            var changed = AugmentationCases.All[name].Apply(images, AugmentationCases.Random(view: 0, AugmentationCases.Rows(4)));

            Assert.Equal(images.shape, changed.shape);
            Assert.Equal(type, changed.dtype);
            Assert.True(images.equal(before).all().item<bool>());
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Same_rows_and_view_give_the_same_images_and_another_view_others(string name)
    {
        var images = AugmentationCases.Images(16);
        Tensor Apply(int view) => AugmentationCases.All[name].Apply(images, AugmentationCases.Random(view, AugmentationCases.Rows(16)));

        Assert.True(AreEqual(Apply(view: 0), Apply(view: 0)));
        Assert.False(AreEqual(Apply(view: 0), Apply(view: 1)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_rows_image_does_not_depend_on_the_batch_it_is_in(string name)
    {
        var augmentation = AugmentationCases.All[name];
        foreach (var type in (ScalarType[])[ScalarType.Byte, ScalarType.Float32])
        {
            var images = AugmentationCases.Images(37, type);
            var together = augmentation.Apply(images, AugmentationCases.Random(view: 3, AugmentationCases.Rows(37)));
            for (var row = 0; row < 37; row++)
            {
                var alone = augmentation.Apply(images.narrow(0, row, 1), AugmentationCases.Random(view: 3, row));
                Assert.True(AreEqual(together.narrow(0, row, 1), alone), $"Row {row}, {type}.");
            }

            var reversed = augmentation.Apply(images.flip(0), AugmentationCases.Random(view: 3, [.. AugmentationCases.Rows(37).Reverse()]));
            Assert.True(AreEqual(together.flip(0), reversed));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void One_tensor_is_left(string name)
    {
        var images = AugmentationCases.Images(4);
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

        AugmentationCases.All[name].Apply(images, AugmentationCases.Random(view: 0, AugmentationCases.Rows(4)));

        Assert.Equal(before + 1, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Images_that_are_no_batch_of_the_random_rows_are_refused(string name)
    {
        string Refused(
            Tensor images) =>
                Assert.Throws<ArgumentException>(() =>
                    AugmentationCases.All[name].Apply(images, AugmentationCases.Random(view: 0, 1, 2))).Message;

        Assert.Equal(
            "images must be Byte or floating point of shape [2,C,H,W], but is Byte of shape [3,3,12,10]. (Parameter 'images')",
            Refused(AugmentationCases.Images(3)));
        Assert.Equal(
            "images must be Byte or floating point of shape [2,C,H,W], but is Int64 of shape [2,3,12,10]. (Parameter 'images')",
            Refused(AugmentationCases.Images(2, ScalarType.Int64)));
    }

    private static bool AreEqual(Tensor left, Tensor right) => left.eq(right).all().item<bool>();
}
