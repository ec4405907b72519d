using TfKd;

namespace TfKd.MLNet;

public static partial class PhotoRecipe
{
    /// <summary>How soft the answers of a student's teacher are.</summary>
    internal const double StudentTemperature = 2;

    // As much as the labels: it has seen no other photos than the student.
    private const double StudentAlpha = 0.5;

    // What a small network may see: more views of a hundred photos than its teacher, few of thousands.
    private const int StudentImages = 2400;
    private const int FewestStudentEpochs = 3;
    private const int MostStudentEpochs = 24;

    /// <summary>
    /// A network of at most 3 MB that learns from the one of <see cref="FineTuned"/>, which is trained first, in the same Fit. The student
    /// is its teacher's network without the last stage, and starts from the same weights: a linear classifier of its features is fitted,
    /// and then the third stage learns with it from the labels and from the teacher, who is asked about the same mirrored images. The
    /// model scores in 8-bit integers (<see cref="OnnxWeights.Int8"/>). Photos without a label count where there are any: set
    /// <see cref="TorchImageClassificationTrainer.Options.UnlabelledSet"/>. The teacher's own settings are those of <c>Teacher</c>, a
    /// <see cref="TrainedTeacher"/> with a <see cref="TeacherRecipe"/>. Both see images of one size.
    /// </summary>
    /// <remarks>
    /// Consistent teaching: Beyer, Zhai, Royer, Markeeva, Anil and Kolesnikov, 'Knowledge distillation: A good teacher is patient and
    /// consistent', CVPR 2022. Stages and rate were chosen on two sets of 384 images of CIFAR-100; normalised features, the
    /// objective's weight, and that there are no crops, on five others, three of them with pictures of which a quarter decides: see the
    /// guide to transfer learning. So few epochs are far from that paper's patience.
    /// </remarks>
    /// <param name="photoCount">How many photos with a label there are to train on, above 0.</param>
    /// <param name="unlabelledCount">How many photos without a label there are beside them, 0 or above. Default 0.</param>
    /// <param name="weights">
    /// What teacher and student start from: weights of a ResNet. Default null: <see cref="Pretrained.ResNet18"/>.
    /// </param>
    /// <param name="labels">
    /// That a photo may have several labels, which both learn by a yes or no a class: the student by <see cref="BinaryCrossEntropy"/> and
    /// <see cref="BinaryKd"/>, in the proportion of the default. Default null: a photo has one.
    /// </param>
    /// <param name="imageSize">
    /// Width and height of the images in pixels, above 0; default 128, a third of the work of 224 in training and in use. The weights of
    /// the package were made with 224, with which the teacher finds more; on photos of flowers the student did not.
    /// </param>
    /// <exception cref="ArgumentException">The weights do not say of which network they are.</exception>
    /// <example><code>
    /// var options = PhotoRecipe.SmallStudent(photoCount: 40, unlabelledCount: 120) with
    /// {
    ///     UnlabelledSet = ml.Data.LoadImagesFromFolder("more photos", labelled: false),
    /// };
    /// </code></example>
    public static TorchImageClassificationTrainer.Options SmallStudent(
        int photoCount, int unlabelledCount = 0, InitialWeights? weights = null, MultipleLabels? labels = null, int imageSize = 128)
    {
        Require.Positive(imageSize);
        var count = Require.Positive(photoCount) + Require.NotNegative(unlabelledCount);
        weights ??= Pretrained.ResNet18;
        var teacher = FineTuned(photoCount, weights) with
        {
            Labels = labels,
            ImageWidth = imageSize,
            ImageHeight = imageSize,
        };
        return new()
        {
            Network = new ResNet { StageBlocks = [2, 2, 2], NormalizedFeatures = true },
            InitialWeights = new FirstLayers(weights),
            LinearProbe = new LinearProbe(),
            FrozenStages = 2,
            FreezeBatchNormStatistics = true,
            Labels = labels,
            Objective = Distillation(StudentAlpha, StudentTemperature, labels is not null),
            Teacher = teacher.ToTeacher(),
            ImageWidth = imageSize,
            ImageHeight = imageSize,
            MaxEpochs = 1 + Math.Clamp((StudentImages + count - 1) / count, FewestStudentEpochs, MostStudentEpochs),
            Optimizer = new AdamW { LearningRate = 0.0001, WeightDecay = 0.05 },
            Schedule = new CosineSchedule(),
            // Crops may leave out what decides.
            Augmentations = [new HorizontalFlip()],
            Weights = OnnxWeights.Int8,
            ValidationSetFraction = null,
        };
    }

    /// <summary>Learning from labels and a teacher: (1 - alpha) times the cross entropy and alpha times the divergence.</summary>
    /// <param name="alpha">How much the teacher counts.</param>
    /// <param name="temperature">How soft its answers are.</param>
    /// <param name="severalLabels">Whether a photo may have several labels.</param>
    internal static Objective Distillation(double alpha, double temperature, bool severalLabels) => severalLabels
        // 1 - 0.9 is not quite 0.1, and would be read in plans.
        ? Math.Round(1 - alpha, 12) * new BinaryCrossEntropy() + alpha * new BinaryKd { Temperature = temperature }
        : new KnowledgeDistillation { Alpha = alpha, Temperature = temperature };
}
