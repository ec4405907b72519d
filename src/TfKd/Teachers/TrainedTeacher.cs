using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// A network that is trained before the student, on the same rows: a larger one (knowledge distillation), a smaller one (reversed, Re-KD),
/// or one that is stopped long before it is good (defective, De-KD: <c>Epochs = 1</c>). Without a <see cref="Recipe"/> it starts from
/// random weights, and its schedule is the plan's, for as many epochs as it has. Its best validation epoch teaches. It learns from the
/// samples that have a label, and answers for those that have none.
/// </summary>
/// <remarks>Yuan et al., 'Revisiting Knowledge Distillation via Label Smoothing Regularization', CVPR 2020, section 2.</remarks>
/// <param name="Architecture">
/// The teacher's network; it is trained at the size of the student's images, unless the recipe says another.
/// </param>
/// <example><code>
/// var teacher = new TrainedTeacher(new CifarResNet { Depth = 56 }) { Epochs = 60 };
/// </code></example>
public sealed record TrainedTeacher(NetworkArchitecture Architecture) : TeacherSource
{
    /// <summary>The teacher's network.</summary>
    public NetworkArchitecture Architecture { get; init => field = Require.NotNull(value); } = Require.NotNull(Architecture);

    /// <summary>Epochs of the teacher's training, above 0; default null: as many as the student's.</summary>
    public int? Epochs { get; init => field = value is { } epochs ? Require.Positive(epochs) : null; }

    /// <summary>What the teacher minimises; one that needs no teacher. Default: <see cref="CrossEntropy"/>.</summary>
    public Objective Objective { get; init => field = Require.NotNull(value); } = new CrossEntropy();

    /// <summary>
    /// How the teacher is trained: what it starts from, frozen stages, augmentations, rates. Default null: as the student, from random
    /// weights.
    /// </summary>
    public TeacherRecipe? Recipe { get; init; }

    /// <summary>
    /// Whether the network sees the files of the photos, decoded at its own size, and not the student's images: it knows more where its
    /// size is the larger one. It is asked about each training row once, and has the same answer to each augmented view of it; it gives no
    /// features, and its report no figures of validation rows, and images must not be mixed. A file is decoded each time that it is read,
    /// and one that cannot be any more ends the run. Where a row is not the image of a file that is there
    /// (<see cref="SampleExtras.GetImageFile"/>), the student's images are resized instead, and the run says so; where both have one size,
    /// they are taken as they are. Default false.
    /// </summary>
    public bool ReadsFiles { get; init; }

    /// <inheritdoc/>
    public override bool TakesSeveralLabels => true;

    /// <summary>False where it sees files, as they are not the view that the student sees.</summary>
    public override bool GivesFeatures => !ReadsFiles;

    /// <summary>Where it sees files.</summary>
    public override bool KnowsTrainingRowsOnly => ReadsFiles;

    /// <inheritdoc/>
    protected override Teacher OpenCore(TeacherContext context)
    {
        var training = context.RequireTeacherTraining(this);
        var request = new TeacherTrainingRequest
        {
            Architecture = Architecture,
            Objective = Objective,
            Epochs = Epochs,
            Recipe = Recipe,
            ReadsFiles = ReadsFiles,
        };
        var network = training.Train(request);
        var teacher = NetworkTeacher.Own(network, context.ClassNames, context);
        return training.GetFileRows(request) is { } rows ? new OfFiles(teacher, rows, context) : teacher;
    }

    /// <summary>Looks at the files of the training rows, at its own size, whatever view of a row the student sees.</summary>
    /// <param name="network">Answers; it is this one's from here on.</param>
    /// <param name="rows">The training rows at the network's size.</param>
    /// <param name="context">What it fits.</param>
    private sealed class OfFiles(NetworkTeacher network, IImageSource rows, TeacherContext context) : Teacher
    {
        // Rows are asked about in the same batches whoever asks: a network of other batches may have other kernels, and other last bits.
        private const int BatchRows = 64;

        private readonly int _classCount = context.ClassNames.Count;

        // One number a class of each row that was asked about.
        private readonly float[]?[] _answers = new float[]?[rows.Count];

        public override string Fingerprint => $"{network.Fingerprint} of files";

        public override bool KnowsTrainingRowsOnly => true;

        protected override TeacherSignal TeachCore(ImageBatch batch)
        {
            foreach (var block in batch.RowIds.Where(row => _answers[row] is null).Select(row => row / BatchRows).Distinct().ToList())
                Ask([.. Enumerable.Range(block * BatchRows, Math.Min(BatchRows, rows.Count - block * BatchRows))]);
            var logits = DeviceCopy.Of([.. batch.RowIds.SelectMany(row => _answers[row]!)], context.Device);
            return new TeacherSignal(logits.view(batch.RowIds.Count, _classCount));
        }

        protected override void DisposeCore() => network.Dispose();

        private void Ask(int[] block)
        {
            foreach (var loaded in new BatchLoader(new SourceSubset(rows, block), block.Length).ReadInOrder())
            {
                using (loaded)
                {
                    var batch = loaded.Unaugmented(context.Device, _classCount, labelScale: 1, trainingRows: []);
                    var logits = network.Teach(batch).Logits.cpu().to(float32);
                    var numbers = logits.data<float>().ToArray();
                    for (var i = 0; i < block.Length; i++)
                        _answers[block[i]] = numbers[(i * _classCount)..((i + 1) * _classCount)];
                }
            }
        }
    }
}
