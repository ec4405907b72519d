namespace TfKd;

/// <summary>
/// In which orientations a trained network looks at an image: its logits are the means over them. It costs as many forward passes as there
/// are orientations; whether it gains is to be measured on images held out. Only what leaves an image's class as it is suits: not digits or
/// letters.
/// </summary>
/// <remarks>
/// Averages over mirrored images and crops are as old as Krizhevsky, Sutskever and Hinton, 'ImageNet classification with deep convolutional
/// neural networks', NeurIPS 2012, 4.1, which averages probabilities; Shanmugam et al., 'Better aggregation in test-time augmentation',
/// ICCV 2021, has when it helps. Means of logits are taken here, so that a temperature and thresholds mean what they do without. The answer
/// for an image is that for the image in any of the orientations, but for rounding.
/// </remarks>
/// <example><code>
/// var plan = new TrainingPlan { TestTimeAugmentation = TestTimeAugmentation.HorizontalFlip };
/// </code></example>
public enum TestTimeAugmentation
{
    /// <summary>The image as it is.</summary>
    None,

    /// <summary>As it is and mirrored left to right: 2 forward passes. For photos.</summary>
    HorizontalFlip,

    /// <summary>
    /// As it is, mirrored left to right, upside down, and both: 4 forward passes. For images without an up and a down, as from a
    /// microscope.
    /// </summary>
    HorizontalAndVerticalFlip,

    /// <summary>
    /// Turned by each multiple of 90 degrees, and each of these mirrored: 8 forward passes. For square images without an up and a down, as
    /// from above.
    /// </summary>
    FlipsAndRotations,
}
