using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The body of a network in two parts: its <c>forward</c> is <c>Classify(Extract(images))</c>. Where all stages are frozen and images do
/// not change from epoch to epoch, features are extracted once and only the second part runs in training.
/// </summary>
public interface IFeatureBody
{
    /// <summary>
    /// All stages (<see cref="NetworkArchitecture.GetStages"/>), and what follows them without parameters and without chance, such as a
    /// mean over positions.
    /// </summary>
    /// <param name="images">Normalised images [N,C,H,W].</param>
    /// <returns>Features, with the rows first; of any rank.</returns>
    Tensor Extract(Tensor images);

    /// <summary>The rest, up to the logits [N,K].</summary>
    /// <param name="features">What <see cref="Extract"/> returned, rows in any order.</param>
    Tensor Classify(Tensor features);
}
