using Microsoft.ML;

namespace TfKd.MLNet;

public sealed partial class TorchImageClassificationTrainer
{
    // What a Fit reads, and what its transformer writes.
    public sealed partial record Options
    {
        /// <summary>The label, a key column, or what <see cref="Labels"/> says. Default "Label".</summary>
        public string LabelColumnName { get; init => field = Require.Name(value); } = "Label";

        /// <summary>
        /// That a photo may have several labels, or none. The label column is then a text with a separator, a vector of texts or of keys,
        /// or a vector of known size with true or 1 in the place of each class that the photo has, and the class names as slot names; NaN
        /// in it: its labels are not known. The scores are one sigmoid a class, the predicted labels a vector of texts: those whose score
        /// is at least the class's threshold. Default null: a photo has one label.
        /// </summary>
        /// <remarks>
        /// Objectives are <see cref="BinaryCrossEntropy"/> and, beside it, <see cref="BinaryKd"/> and those on features; teachers give
        /// logits of such photos. <see cref="Rejection"/> is for one label a photo.
        /// </remarks>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options { LabelColumnName = "Tags", Labels = new MultipleLabels() };
        /// </code></example>
        public MultipleLabels? Labels { get; init; }

        /// <summary>
        /// The images. Default "Image". Encoded bytes (LoadRawImageBytes, LoadImagesFromFolder), a path (text), an MLImage (LoadImages,
        /// ResizeImages) or a vector of floats from 0 to 255 of known size (ExtractPixels).
        /// </summary>
        public string ImageColumnName { get; init => field = Require.Name(value); } = "Image";

        /// <summary>The probabilities of the classes, a vector with the class names as slot names. Default "Score".</summary>
        public string ScoreColumnName { get; init => field = Require.Name(value); } = "Score";

        /// <summary>
        /// The most probable class, a key column; with <see cref="Labels"/> a vector of texts. Default "PredictedLabel".
        /// </summary>
        public string PredictedLabelColumnName { get; init => field = Require.Name(value); } = "PredictedLabel";

        /// <summary>
        /// What the network makes of each image before it classifies: a vector of floats of known size, for search, for clustering, and for
        /// other trainers, which call such a column "Features". It is what the last Linear or Conv2d reads, a map averaged over height and
        /// width, in the numbers of <see cref="Weights"/>, not scaled to any length; calibration and rejection have no part in it. A
        /// network whose logits no single such layer makes is refused before training. Default null: there is no such column.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options { EmbeddingColumnName = "Features" };
        /// </code></example>
        public string? EmbeddingColumnName { get; init => field = value is null ? null : Require.Name(value); }

        /// <summary>
        /// How many of the most probable classes are listed in <see cref="TopLabelsColumnName"/> and <see cref="TopScoresColumnName"/>, 0
        /// or above; all classes, where there are fewer. Also for rows that <see cref="Rejection"/> rejects. Default 0: there are no such
        /// columns.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options { TopK = 3 };
        /// </code></example>
        public int TopK { get; init => field = Require.NotNegative(value); }

        /// <summary>
        /// The names of the most probable classes, a vector of texts by falling score, of equal ones the first class first. Default
        /// "TopLabels". This property is ignored while <see cref="TopK"/> is 0.
        /// </summary>
        public string TopLabelsColumnName { get; init => field = Require.Name(value); } = "TopLabels";

        /// <summary>
        /// The scores of the most probable classes, a vector of floats in the order of their names. Default "TopScores". This property is
        /// ignored while <see cref="TopK"/> is 0.
        /// </summary>
        public string TopScoresColumnName { get; init => field = Require.Name(value); } = "TopScores";

        /// <summary>
        /// How much each row counts beside the others in training: numbers of 0 or above, multiplied with the weights of
        /// <see cref="ClassWeighting"/>. Default null: all rows count the same. Not read from <see cref="ValidationSet"/>, and not by the
        /// metrics of rows held out.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options { ExampleWeightColumnName = "Weight" };
        /// </code></example>
        public string? ExampleWeightColumnName { get; init => field = value is null ? null : Require.Name(value); }

        /// <summary>Width that images are scaled and cropped to, in pixels. Default 0: the network's own.</summary>
        public int ImageWidth { get; init => field = Require.NotNegative(value); }

        /// <summary>Height that images are scaled and cropped to, in pixels. Default 0: the network's own.</summary>
        public int ImageHeight { get; init => field = Require.NotNegative(value); }

        /// <summary>
        /// The most memory that decoded images may take, those for training and those for validation together, in bytes, 0 or above;
        /// default 1 GiB. An image takes channels times width times height: 1 GiB is 349,525 images of 32x32 pixels, or 7,133 of 224x224.
        /// Images beyond it are in a file in <see cref="ImageCacheDirectory"/> while Fit runs. The weights do not depend on it. Beside it
        /// come the network, batches and libtorch, and what <see cref="TeacherCache"/> and the features of <see cref="FrozenStages"/> (up
        /// to 1 GiB a set) take.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options
        /// {
        ///     ImageMemoryBudget = 8L &lt;&lt; 30,
        ///     ImageCacheDirectory = "/fast-disk/cache",
        /// };
        /// </code></example>
        public long ImageMemoryBudget { get; init => field = Require.NotNegative(value); } = 1L << 30;

        /// <summary>
        /// Folder of the file for decoded images beyond <see cref="ImageMemoryBudget"/>, made when it is missing; best on a fast disk.
        /// Default null: the system's folder for temporary files, which on some Linux systems is in memory. The file goes when Fit ends,
        /// and when the process is killed.
        /// </summary>
        public string? ImageCacheDirectory { get; init => field = value is null ? null : Require.Name(value); }

        /// <summary>
        /// What to do with images that cannot be decoded while training, whatever the reason: files that are missing, damaged, or beyond a
        /// limit of <see cref="ImageLimits"/> among them. Default: throw. Scoring always throws.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options { UndecodableImages = UndecodableImages.Skip };
        /// </code></example>
        public UndecodableImages UndecodableImages { get; init => field = Require.Defined(value); } = UndecodableImages.Throw;

        /// <summary>
        /// Rows without a label to learn from beside the training rows, with the same image column, and no need of a label column. Where
        /// there is a teacher, the student learns from it what they are; an objective that needs the label of every sample, a teacher that
        /// is made of labels, and a set without a teacher are refused. Rows of the training set without a label are treated the same, but
        /// that without a teacher they are left out, with a warning. Default null: none.
        /// </summary>
        /// <remarks>
        /// Terms on labels are means over the samples that have one, terms on the teacher's answers are means over all samples. Metrics and
        /// the rows held out for validation are of samples with a label only.
        /// </remarks>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options
        /// {
        ///     Objective = new KnowledgeDistillation(),
        ///     Teacher = new ModelFileTeacher("teacher.zip"),
        ///     UnlabelledSet = ml.Data.LoadImagesFromFolder("more photos", labelled: false),
        /// };
        /// </code></example>
        public IDataView? UnlabelledSet { get; init; }

        /// <summary>
        /// Rows to choose the best epoch by, with the same columns as the training rows. Default null: see
        /// <see cref="ValidationSetFraction"/>.
        /// </summary>
        /// <example><code>
        /// var keys = ml.Transforms.Conversion.MapValueToKey("Label").Fit(photos);
        /// var split = ml.Data.TrainTestSplit(keys.Transform(photos), 0.1);
        /// var options = new TorchImageClassificationTrainer.Options { ValidationSet = split.TestSet };
        /// </code></example>
        public IDataView? ValidationSet { get; init; }

        /// <summary>
        /// Fraction of the training rows held out to choose the best epoch by, the same of each class; null or 0: none. Default 0.1. This
        /// property is ignored when <see cref="ValidationSet"/> is set.
        /// </summary>
        public float? ValidationSetFraction
        {
            get;
            init => field = value is null or >= 0 and < 1
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(ValidationSetFraction), value, $"ValidationSetFraction must be within [0, 1) or null, but is {value}.");
        } = 0.1f;
    }
}
