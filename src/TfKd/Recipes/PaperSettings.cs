namespace TfKd;

/// <summary>The hyper-parameters in the files of Yuan et al., CVPR 2020, on CIFAR-100.</summary>
internal static class PaperSettings
{
    /// <summary>Of training without a teacher.</summary>
    public static readonly IReadOnlyDictionary<PaperNetwork, Base> Alone = new Dictionary<PaperNetwork, Base>
    {
        [PaperNetwork.MobileNetV2] = new(0.1, 128),
        [PaperNetwork.ShuffleNetV2] = new(0.1, 128),
        [PaperNetwork.ResNet18] = new(0.1, 128),
        [PaperNetwork.ResNet50] = new(0.1, 64),
        [PaperNetwork.GoogLeNet] = new(0.1, 64),
        [PaperNetwork.DenseNet121] = new(0.1, 128),
        [PaperNetwork.ResNeXt29] = new(0.1, 64),
        [PaperNetwork.ResNeXt101] = new(0.1, 64),
        [PaperNetwork.AlexNet] = new(0.01, 128),
        [PaperNetwork.Vgg19] = new(0.01, 128),
        [PaperNetwork.PlainCnn] = new(0.1, 128),
    };

    /// <summary>Of Tf-KD_reg; rate and batch size are those of <see cref="Alone"/>.</summary>
    public static readonly IReadOnlyDictionary<PaperNetwork, Term> Regularization = new Dictionary<PaperNetwork, Term>
    {
        [PaperNetwork.MobileNetV2] = new(0.95, 40, 1),
        [PaperNetwork.ShuffleNetV2] = new(0.95, 10, 1),
        [PaperNetwork.ResNet18] = new(0.1, 20, 100),
        [PaperNetwork.GoogLeNet] = new(0.1, 40, 50),
        [PaperNetwork.DenseNet121] = new(0.1, 40, null),
        [PaperNetwork.ResNeXt29] = new(0.5, 40, null),
        [PaperNetwork.ResNeXt101] = new(0.5, 40, null),
    };

    /// <summary>Of Tf-KD_self.</summary>
    public static readonly IReadOnlyDictionary<PaperNetwork, (Base Base, Term Term)> Self = new Dictionary<PaperNetwork, (Base, Term)>
    {
        [PaperNetwork.MobileNetV2] = (new(0.1, 128), new(0.95, 20, 1)),
        [PaperNetwork.ShuffleNetV2] = (new(0.1, 128), new(0.95, 20, 1)),
        [PaperNetwork.ResNet18] = (new(0.1, 128), new(0.95, 6, 50)),
        [PaperNetwork.ResNet50] = (new(0.1, 128), new(0.95, 6, null)),
        [PaperNetwork.GoogLeNet] = (new(0.1, 64), new(0.4, 20, 50)),
        [PaperNetwork.DenseNet121] = (new(0.1, 100), new(0.9, 20, 50)),
        [PaperNetwork.ResNeXt29] = (new(0.1, 64), new(0.9, 20, 100)),
        [PaperNetwork.AlexNet] = (new(0.01, 128), new(0.1, 20, null)),
    };

    // A loss of normal distillation has no multiplier: 1 in all of them. Left out is ResNet18 <- DenseNet121 (0.95, 6), whose file names a teacher and lacks a
    // data set so that it cannot have been run.
    private static readonly Pair[] _normal =
    [
        new(PaperNetwork.MobileNetV2, PaperNetwork.ResNet18, new(0.1, 128), new(0.95, 20, 1)),
        // No file, but results: as with every other teacher of MobileNetV2 of this batch size.
        new(PaperNetwork.MobileNetV2, PaperNetwork.ResNet50, new(0.1, 128), new(0.95, 20, 1)),
        new(PaperNetwork.MobileNetV2, PaperNetwork.ResNet101, new(0.1, 128), new(0.95, 20, 1)),
        new(PaperNetwork.MobileNetV2, PaperNetwork.DenseNet121, new(0.1, 128), new(0.95, 20, 1)),
        new(PaperNetwork.MobileNetV2, PaperNetwork.ResNeXt29, new(0.1, 64), new(0.95, 20, 1)),
        new(PaperNetwork.ShuffleNetV2, PaperNetwork.ResNet18, new(0.1, 128), new(0.95, 20, 1)),
        new(PaperNetwork.ShuffleNetV2, PaperNetwork.ResNet50, new(0.1, 128), new(0.95, 20, 1)),
        new(PaperNetwork.ShuffleNetV2, PaperNetwork.DenseNet121, new(0.1, 128), new(0.95, 20, 1)),
        new(PaperNetwork.ShuffleNetV2, PaperNetwork.ResNeXt29, new(0.1, 64), new(0.95, 20, 1)),
        new(PaperNetwork.ResNet18, PaperNetwork.ResNet50, new(0.1, 64), new(0.6, 20, 1)),
        new(PaperNetwork.ResNet18, PaperNetwork.ResNeXt29, new(0.1, 64), new(0.6, 20, 1)),
        new(PaperNetwork.PlainCnn, PaperNetwork.ResNet18, new(0.001, 128), new(0.9, 20, 1)),
    ];

    /// <summary>Of normal distillation: the teacher is the better network.</summary>
    public static IReadOnlyList<Pair> Normal => _normal;

    /// <summary>Of Re-KD: the teacher is the lesser network.</summary>
    public static readonly IReadOnlyList<Pair> Reversed =
    [
        new(PaperNetwork.ResNet18, PaperNetwork.MobileNetV2, new(0.1, 128), new(0.6, 20, 1)),
        new(PaperNetwork.ResNet18, PaperNetwork.ShuffleNetV2, new(0.1, 128), new(0.6, 20, 1)),
        new(PaperNetwork.ResNet50, PaperNetwork.MobileNetV2, new(0.1, 128), new(0.6, 20, 1)),
        new(PaperNetwork.ResNet50, PaperNetwork.ShuffleNetV2, new(0.1, 128), new(0.6, 20, 1)),
        new(PaperNetwork.DenseNet121, PaperNetwork.MobileNetV2, new(0.1, 128), new(0.6, 20, 1)),
        new(PaperNetwork.DenseNet121, PaperNetwork.ShuffleNetV2, new(0.1, 100), new(0.6, 20, 1)),
        new(PaperNetwork.ResNeXt29, PaperNetwork.MobileNetV2, new(0.1, 64), new(0.6, 20, 1)),
        // The file names MobileNetV2 as the teacher, its folder and the paper ResNet18.
        new(PaperNetwork.ResNeXt29, PaperNetwork.ResNet18, new(0.1, 64), new(0.6, 20, 1)),
    ];

    /// <summary>Of De-KD: the pairs for which the paper has results; its code trains them as it does normal distillation, with other weights in the teacher.</summary>
    public static readonly IReadOnlyList<Pair> Defective = [.. _normal.Where(pair => pair.Teacher is PaperNetwork.ResNet18 or PaperNetwork.ResNet50 or PaperNetwork.ResNeXt29
        && pair.Student is not PaperNetwork.PlainCnn)];

    /// <param name="LearningRate">For a batch of 128, to which it is proportional.</param>
    /// <param name="BatchSize">Rows a step.</param>
    public readonly record struct Base(double LearningRate, int BatchSize);

    /// <param name="Alpha">Weight of the teacher's term.</param>
    /// <param name="Temperature">Its temperature.</param>
    /// <param name="Multiplier">The code's extra factor; null where the file lacks it, so that the code stops with an error.</param>
    public readonly record struct Term(double Alpha, double Temperature, double? Multiplier);

    public sealed record Pair(PaperNetwork Student, PaperNetwork Teacher, Base Base, Term Term)
    {
        public override string ToString() => $"{Student} <- {Teacher}";
    }
}
