namespace TfKd;

/// <summary>
/// Fits the head before anything else learns: L2-regularised logistic regression, to convergence, on what the network as it starts makes of
/// the training samples. How strong the regularisation is, and whether mirrored images are added, is chosen by cross-validation on the
/// training samples alone. It is the first epoch of a run: a run of one epoch is a linear classifier on pretrained features, further epochs
/// go on from it.
/// </summary>
/// <remarks>
/// For a network with pretrained weights whose head is a Linear on one vector of features an image. Fitting the head before fine-tuning
/// keeps the features from being distorted by a head that knows nothing: Kumar et al., 'Fine-tuning can distort pretrained features and
/// underperform out-of-distribution', ICLR 2022. The head is fitted to labels by cross entropy, whatever the plan's objective and mixing
/// are; weights of samples and classes count. A training sample without a label counts with the probabilities that the plan's teacher
/// gives it, where that is fixed; with a teacher that follows the student it does not count. Where samples may have several labels, each
/// class has a regression of its own, of yes or no, all of them with the same strength, and with <see cref="ClassWeighting"/> those that
/// have a label count more than those that have not.
/// </remarks>
/// <example><code>
/// var probe = new LinearProbe { MirroredImages = false };
/// </code></example>
public sealed record LinearProbe
{
    private readonly ValueList<double> _strengths = new([1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001, 0.00003]);

    /// <summary>
    /// The strengths of the regularisation to choose from, each above 0, in any order: the mean cross entropy plus half the strength times
    /// the squared norm of the weights is minimised, on features centred and scaled to a mean squared norm of 1. Default: 1, 0.3, 0.1 and
    /// so on to 0.00003. With one there is nothing to choose.
    /// </summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public IReadOnlyList<double> Strengths
    {
        get => _strengths;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            if (value.Count == 0)
                throw new ArgumentException($"{nameof(Strengths)} must have one strength at least, but is empty.", nameof(Strengths));
            foreach (var strength in value)
                Require.Positive(strength, nameof(Strengths));
            _strengths = new([.. value]);
        }
    }

    /// <summary>
    /// Parts that the training samples are divided into for cross-validation, by turns within each class, of several labels within the
    /// one that the fewest samples have; from 2. Default 5.
    /// </summary>
    public int Folds
    {
        get;
        init => field = value >= 2 ? value : throw new ArgumentOutOfRangeException(
            nameof(Folds), value, $"{nameof(Folds)} must be 2 or above, but is {value}.");
    } = 5;

    /// <summary>
    /// Whether each sample counts a second time, mirrored left to right. Default null: where cross-validation finds a lower log-loss with
    /// than without, which it does not where left and right differ.
    /// </summary>
    public bool? MirroredImages { get; init; }
}
