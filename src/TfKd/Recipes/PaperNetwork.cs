namespace TfKd;

/// <summary>
/// A network for which Yuan et al., 'Revisiting Knowledge Distillation via Label Smoothing Regularization', CVPR 2020, or their code have
/// settings on CIFAR-100, in its CIFAR form, with those settings. A recipe does not build the network; any of this library may be trained
/// by any of them.
/// </summary>
public sealed class PaperNetwork
{
    private PaperNetwork(string name) => Name = name;

    /// <summary>MobileNetV2.</summary>
    public static PaperNetwork MobileNetV2 { get; } = new(nameof(MobileNetV2))
    {
        Alone = new(0.1, 128),
        Regularization = new(0.95, 40, 1),
        Self = new(new(0.1, 128), new(0.95, 20, 1)),
    };

    /// <summary>ShuffleNetV2, width 1.</summary>
    public static PaperNetwork ShuffleNetV2 { get; } = new(nameof(ShuffleNetV2))
    {
        Alone = new(0.1, 128),
        Regularization = new(0.95, 10, 1),
        Self = new(new(0.1, 128), new(0.95, 20, 1)),
    };

    /// <summary>ResNet18.</summary>
    public static PaperNetwork ResNet18 { get; } = new(nameof(ResNet18))
    {
        Alone = new(0.1, 128),
        Regularization = new(0.1, 20, 100),
        Self = new(new(0.1, 128), new(0.95, 6, 50)),
    };

    /// <summary>ResNet50.</summary>
    public static PaperNetwork ResNet50 { get; } = new(nameof(ResNet50))
    {
        Alone = new(0.1, 64),
        Self = new(new(0.1, 128), new(0.95, 6, null)),
    };

    /// <summary>ResNet101: a teacher only.</summary>
    public static PaperNetwork ResNet101 { get; } = new(nameof(ResNet101));

    /// <summary>GoogLeNet.</summary>
    public static PaperNetwork GoogLeNet { get; } = new(nameof(GoogLeNet))
    {
        Alone = new(0.1, 64),
        Regularization = new(0.1, 40, 50),
        Self = new(new(0.1, 64), new(0.4, 20, 50)),
    };

    /// <summary>DenseNet121, growth 32.</summary>
    public static PaperNetwork DenseNet121 { get; } = new(nameof(DenseNet121))
    {
        Alone = new(0.1, 128),
        Regularization = new(0.1, 40, null),
        Self = new(new(0.1, 100), new(0.9, 20, 50)),
    };

    /// <summary>ResNeXt29, 8 groups of width 64.</summary>
    public static PaperNetwork ResNeXt29 { get; } = new(nameof(ResNeXt29))
    {
        Alone = new(0.1, 64),
        Regularization = new(0.5, 40, null),
        Self = new(new(0.1, 64), new(0.9, 20, 100)),
    };

    /// <summary>ResNeXt101.</summary>
    public static PaperNetwork ResNeXt101 { get; } = new(nameof(ResNeXt101)) { Alone = new(0.1, 64), Regularization = new(0.5, 40, null) };

    /// <summary>AlexNet.</summary>
    public static PaperNetwork AlexNet { get; } = new(nameof(AlexNet))
    {
        Alone = new(0.01, 128),
        Self = new(new(0.01, 128), new(0.1, 20, null)),
    };

    /// <summary>VGG19 with batch normalisation.</summary>
    public static PaperNetwork Vgg19 { get; } = new(nameof(Vgg19)) { Alone = new(0.01, 128) };

    /// <summary>The code's convolutional network of five layers, <c>cnn</c>, which it trains by Adam.</summary>
    public static PaperNetwork PlainCnn { get; } = new(nameof(PlainCnn)) { Alone = new(0.1, 128), IsTrainedByAdam = true };

    /// <summary>All of them.</summary>
    public static IReadOnlyList<PaperNetwork> All { get; } =
    [
        MobileNetV2, ShuffleNetV2, ResNet18, ResNet50, ResNet101, GoogLeNet, DenseNet121, ResNeXt29, ResNeXt101, AlexNet, Vgg19, PlainCnn,
    ];

    /// <summary>The name, as the paper has it.</summary>
    public string Name { get; }

    /// <summary>Rate and batch size without a teacher, and of Tf-KD_reg; null where there is no file.</summary>
    internal PaperBatch? Alone { get; private init; }

    /// <summary>The virtual teacher's term of Tf-KD_reg; null where there is no file.</summary>
    internal PaperTerm? Regularization { get; private init; }

    /// <summary>Tf-KD_self; null where there is no file.</summary>
    internal PaperDistillation? Self { get; private init; }

    /// <summary>Whether the code trains it by Adam in place of SGD.</summary>
    internal bool IsTrainedByAdam { get; private init; }

    /// <summary>The <see cref="Name"/>.</summary>
    public override string ToString() => Name;
}
