using TfKd;

namespace TfKd.MLNet;

public static partial class PhotoRecipe
{
    /// <summary>How soft the answers of a student's teacher are.</summary>
    internal const double StudentTemperature = 2;

    // As much as the labels, where it has seen no other photos than the student.
    private const double StudentAlpha = 0.5;
    private const double UnlabelledAlpha = 0.9;

    // What a small network may see: more views of a hundred photos than its teacher, few of thousands.
    private const int StudentImages = 2400;
    private const int FewestStudentEpochs = 3;
    private const int MostStudentEpochs = 24;

    /// <summary>
    /// A network of at most 3 MB, in seconds: that of <see cref="Frozen"/> without its last stage, with the same weights, and a linear
    /// classifier that is fitted to its features. The model scores in 8-bit integers (<see cref="OnnxWeights.Int8"/>). Where there are
    /// photos without a label, set <see cref="TorchImageClassificationTrainer.Options.UnlabelledSet"/>: the larger network of
    /// <see cref="FineTuned"/> is then trained first, in the same Fit, and the classifier is fitted to what that says of them, too
    /// (<see cref="LinearProbe"/>). That network sees the files of the photos at the size that its weights were made with
    /// (<see cref="TrainedTeacher.ReadsFiles"/>), or, where the rows are no files, the student's images.
    /// </summary>
    /// <remarks>
    /// That nothing but the classifier learns was found on photos of things and animals, some 50 to 200: what
    /// <see cref="TaughtStudent"/> learns beyond it made scores worse in nearly all of them. With a thousand photos and more that one is
    /// likely to be better; how much was not measured. See the guide to transfer learning.
    /// </remarks>
    /// <param name="photoCount">How many photos with a label there are to train on, above 0.</param>
    /// <param name="unlabelledCount">How many photos without a label there are beside them, 0 or above. Default 0.</param>
    /// <param name="weights">
    /// What teacher and student start from: weights of a ResNet of 18 or 34 layers. Default null: <see cref="Pretrained.ResNet18"/>.
    /// </param>
    /// <param name="labels">
    /// That a photo may have several labels, each of which is a yes or no. Default null: a photo has one.
    /// </param>
    /// <param name="imageSize">
    /// Width and height of the images in pixels, above 0; default 128, a third of the work of 224 in training and in use. The weights of
    /// the package were made with 224, with which the student found no more.
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
        var isTaught = Require.NotNegative(unlabelledCount) > 0;
        weights ??= Pretrained.ResNet18;
        RequireFirstStages(weights);
        var large = FineTuned(photoCount, weights) with { Labels = labels };
        return new()
        {
            Network = new ResNet { StageBlocks = [2, 2, 2], NormalizedFeatures = true },
            InitialWeights = new FirstLayers(weights),
            LinearProbe = new LinearProbe(),
            FrozenStages = 3,
            Labels = labels,
            Objective = isTaught ? Distillation(UnlabelledAlpha, StudentTemperature, labels is not null)
                : labels is null ? new CrossEntropy() : new BinaryCrossEntropy(),
            // The features that the classifier is fitted to are of photos as they are; so may the teacher's answers be, and of larger ones.
            Teacher = isTaught ? large.ToTeacher() with { ReadsFiles = true } : null,
            ImageWidth = imageSize,
            ImageHeight = imageSize,
            MaxEpochs = 1,
            Augmentations = [],
            Weights = OnnxWeights.Int8,
            ValidationSetFraction = null,
        };
    }

    /// <summary>
    /// As <see cref="SmallStudent"/>, and then the third stage learns with the classifier, from the labels and from the network of
    /// <see cref="FineTuned"/>, which is trained first, in the same Fit, and is asked about the same mirrored images. The teacher's own
    /// settings are those of <c>Teacher</c>, a <see cref="TrainedTeacher"/> with a <see cref="TeacherRecipe"/>; another teacher takes its
    /// place by <c>with { Teacher = ... }</c>.
    /// </summary>
    /// <remarks>
    /// Consistent teaching: Beyer, Zhai, Royer, Markeeva, Anil and Kolesnikov, 'Knowledge distillation: A good teacher is patient and
    /// consistent', CVPR 2022. Stages, rate, the objective's weight, and that there are no crops, were chosen on images of CIFAR-100, on
    /// which it is better than <see cref="SmallStudent"/>; on few photos it is not. So few epochs are far from that paper's patience.
    /// </remarks>
    /// <inheritdoc cref="SmallStudent" path="/param"/>
    /// <inheritdoc cref="SmallStudent" path="/exception"/>
    /// <example><code>
    /// var options = PhotoRecipe.TaughtStudent(photoCount: 4000) with { Teacher = new ModelFileTeacher("teacher.zip") };
    /// </code></example>
    public static TorchImageClassificationTrainer.Options TaughtStudent(
        int photoCount, int unlabelledCount = 0, InitialWeights? weights = null, MultipleLabels? labels = null, int imageSize = 128)
    {
        var start = SmallStudent(photoCount, unlabelledCount, weights, labels, imageSize);
        var count = photoCount + unlabelledCount;
        return start with
        {
            FrozenStages = 2,
            FreezeBatchNormStatistics = true,
            Objective = Distillation(unlabelledCount > 0 ? UnlabelledAlpha : StudentAlpha, StudentTemperature, labels is not null),
            // At the student's size: it is asked about what the student sees.
            Teacher = (FineTuned(photoCount, weights) with
            {
                Labels = labels,
                ImageWidth = imageSize,
                ImageHeight = imageSize,
            }).ToTeacher(),
            MaxEpochs = 1 + Math.Clamp((StudentImages + count - 1) / count, FewestStudentEpochs, MostStudentEpochs),
            Optimizer = new AdamW { LearningRate = 0.0001, WeightDecay = 0.05 },
            Schedule = new CosineSchedule(),
            // Crops may leave out what decides.
            Augmentations = [new HorizontalFlip()],
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

    // Those of larger networks have other blocks: nothing behind the first convolution would fit, and what is frozen would be random.
    private static void RequireFirstStages(InitialWeights weights)
    {
        if (NetworkOf(weights) is ResNet { Depth: >= 50 } network)
            throw new ArgumentException(
                $"The student is made of the first stages of a ResNet of 18 or 34 layers, and {network} has blocks of another kind; "
                + $"expected weights of such a ResNet, {nameof(Pretrained)}.{nameof(Pretrained.ResNet18)} say.", nameof(weights));
    }
}
