namespace TfKd;

/// <summary>
/// The networks for which Yuan et al., 'Revisiting Knowledge Distillation via Label Smoothing Regularization', CVPR 2020, or their code have settings: names
/// only, in the CIFAR form of each. A recipe does not build the network; any of this library may be trained by any of them.
/// </summary>
public enum PaperNetwork
{
    /// <summary>MobileNetV2.</summary>
    MobileNetV2,

    /// <summary>ShuffleNetV2, width 1.</summary>
    ShuffleNetV2,

    /// <summary>ResNet18.</summary>
    ResNet18,

    /// <summary>ResNet50.</summary>
    ResNet50,

    /// <summary>ResNet101: a teacher only.</summary>
    ResNet101,

    /// <summary>GoogLeNet.</summary>
    GoogLeNet,

    /// <summary>DenseNet121, growth 32.</summary>
    DenseNet121,

    /// <summary>ResNeXt29, 8 groups of width 64.</summary>
    ResNeXt29,

    /// <summary>ResNeXt101.</summary>
    ResNeXt101,

    /// <summary>AlexNet.</summary>
    AlexNet,

    /// <summary>VGG19 with batch normalisation.</summary>
    Vgg19,

    /// <summary>The code's convolutional network of five layers, <c>cnn</c>, which it trains by Adam.</summary>
    PlainCnn,
}
