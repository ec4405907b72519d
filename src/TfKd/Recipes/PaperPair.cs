namespace TfKd;

/// <summary>A student and a teacher of another architecture, with the settings of their distillation.</summary>
/// <param name="Student">Who learns.</param>
/// <param name="Teacher">Who teaches.</param>
/// <param name="Settings">As in the code's file for the pair.</param>
internal sealed record PaperPair(PaperNetwork Student, PaperNetwork Teacher, PaperDistillation Settings)
{
    // A loss of normal distillation has no multiplier: 1 in all of them. Left out is ResNet18 <- DenseNet121 (0.95, 6), whose file names a
    // teacher and lacks a data set so that it cannot have been run.
    private static readonly PaperPair[] _normal =
    [
        Of(PaperNetwork.MobileNetV2, PaperNetwork.ResNet18, 0.95, 128),
        // No file, but results: as with every other teacher of MobileNetV2 of this batch size.
        Of(PaperNetwork.MobileNetV2, PaperNetwork.ResNet50, 0.95, 128),
        Of(PaperNetwork.MobileNetV2, PaperNetwork.ResNet101, 0.95, 128),
        Of(PaperNetwork.MobileNetV2, PaperNetwork.DenseNet121, 0.95, 128),
        Of(PaperNetwork.MobileNetV2, PaperNetwork.ResNeXt29, 0.95, 64),
        Of(PaperNetwork.ShuffleNetV2, PaperNetwork.ResNet18, 0.95, 128),
        Of(PaperNetwork.ShuffleNetV2, PaperNetwork.ResNet50, 0.95, 128),
        Of(PaperNetwork.ShuffleNetV2, PaperNetwork.DenseNet121, 0.95, 128),
        Of(PaperNetwork.ShuffleNetV2, PaperNetwork.ResNeXt29, 0.95, 64),
        Of(PaperNetwork.ResNet18, PaperNetwork.ResNet50, 0.6, 64),
        Of(PaperNetwork.ResNet18, PaperNetwork.ResNeXt29, 0.6, 64),
        Of(PaperNetwork.PlainCnn, PaperNetwork.ResNet18, 0.9, 128, learningRate: 0.001),
    ];

    /// <summary>Of normal distillation: the teacher is the better network.</summary>
    public static IReadOnlyList<PaperPair> Normal => _normal;

    /// <summary>Of Re-KD: the teacher is the lesser network.</summary>
    public static IReadOnlyList<PaperPair> Reversed { get; } =
    [
        Of(PaperNetwork.ResNet18, PaperNetwork.MobileNetV2, 0.6, 128),
        Of(PaperNetwork.ResNet18, PaperNetwork.ShuffleNetV2, 0.6, 128),
        Of(PaperNetwork.ResNet50, PaperNetwork.MobileNetV2, 0.6, 128),
        Of(PaperNetwork.ResNet50, PaperNetwork.ShuffleNetV2, 0.6, 128),
        Of(PaperNetwork.DenseNet121, PaperNetwork.MobileNetV2, 0.6, 128),
        Of(PaperNetwork.DenseNet121, PaperNetwork.ShuffleNetV2, 0.6, 100),
        Of(PaperNetwork.ResNeXt29, PaperNetwork.MobileNetV2, 0.6, 64),
        // The file names MobileNetV2 as the teacher, its folder and the paper ResNet18.
        Of(PaperNetwork.ResNeXt29, PaperNetwork.ResNet18, 0.6, 64),
    ];

    /// <summary>
    /// Of De-KD: the pairs for which the paper has results; its code trains them as it does normal distillation, with other weights in the
    /// teacher.
    /// </summary>
    public static IReadOnlyList<PaperPair> Defective { get; } =
    [
        .. _normal.Where(pair => pair.Student != PaperNetwork.PlainCnn
            && (pair.Teacher == PaperNetwork.ResNet18 || pair.Teacher == PaperNetwork.ResNet50 || pair.Teacher == PaperNetwork.ResNeXt29)),
    ];

    /// <summary>Student and teacher.</summary>
    public override string ToString() => $"{Student} <- {Teacher}";

    private static PaperPair Of(PaperNetwork student, PaperNetwork teacher, double alpha, int batchSize, double learningRate = 0.1) =>
        new(student, teacher, new(new(learningRate, batchSize), new(alpha, 20, 1)));
}
