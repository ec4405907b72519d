using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// A trained network as the teacher. It runs in evaluation mode and without gradient, beside the student and never as a part of it:
/// a student that switches to training would switch its parts' batch normalisation too.
/// </summary>
public sealed class NetworkTeacher : Teacher
{
    private readonly ImageNetwork _network;
    private readonly bool _ownsNetwork;
    private readonly bool _withFeatures;
    private readonly bool _withPreActivations;
    private readonly bool _withClassifier;
    private readonly ClassColumns _columns;
    private readonly Lazy<string> _fingerprint;

    /// <summary>Puts the network on the context's device and in evaluation mode.</summary>
    /// <param name="network">The network; a batch of another height or width is resized to its input shape, bilinearly.</param>
    /// <param name="classNames">The network's classes, in the order of its logits; the answers come in the order of the student's.</param>
    /// <param name="context">What the teacher must fit.</param>
    /// <param name="ownsNetwork">Whether disposing the teacher disposes the network.</param>
    /// <param name="classes">
    /// Which classes the network may know beside the student's; null, the default: none, and the error does not speak of the choice.
    /// </param>
    /// <exception cref="InvalidOperationException">The classes or the number of channels differ from the student's.</exception>
    public NetworkTeacher(
        ImageNetwork network, IReadOnlyList<string> classNames, TeacherContext context, bool ownsNetwork, TeacherClasses? classes = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(classNames);
        ArgumentNullException.ThrowIfNull(context);
        if (classNames.Count != network.ClassCount)
            throw new ArgumentException($"The network has {network.ClassCount} classes, but {classNames.Count} names came.",
                nameof(classNames));
        TeacherInput.RequireChannels(network.Architecture.InputShape, context);
        _columns = new ClassColumns(context, classNames, classes);
        (_network, _ownsNetwork) = (network, ownsNetwork);
        (_withFeatures, _withClassifier) = (context.WithFeatures, context.WithClassifier);
        _withPreActivations = context.WithPreActivations;
        _network.to(context.Device);
        _network.eval();
        _fingerprint = new Lazy<string>(() => $"{NetworkFingerprint.Of(network)} {_columns}");
    }

    /// <summary>Hands over a network: it is the teacher's from here on, and disposed where it does not fit.</summary>
    internal static NetworkTeacher Own(
        ImageNetwork network, IReadOnlyList<string> classNames, TeacherContext context, TeacherClasses? classes = null)
    {
        try
        {
            return new NetworkTeacher(network, classNames, context, ownsNetwork: true, classes);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override string Fingerprint => _fingerprint.Value;

    /// <inheritdoc/>
    protected override TeacherSignal TeachCore(ImageBatch batch)
    {
        var answer = Answer(batch.Images);
        return new TeacherSignal(_columns.Arrange(answer.Logits))
        {
            // Fresh tensors: one made in inference mode may not take part in a graph.
            Features = [.. answer.Features.Select(feature => feature.clone())],
            PreActivations = [.. answer.PreActivations.Select(feature => feature.clone())],
            Classifier = _withClassifier ? TeacherClassifier.Of(_network)?.Select(_columns.ArrangeRows) : null,
        };
    }

    /// <inheritdoc/>
    protected override void DisposeCore()
    {
        _columns.Dispose();
        if (_ownsNetwork)
            _network.Dispose();
    }

    private NetworkOutput Answer(Tensor images)
    {
        // A network that is shared may have been put back into training mode.
        if (_network.training)
            _network.eval();
        _network.EnsurePathFor(_network.Architecture.InputShape, (int)images.shape[0]);
        using var inference = inference_mode();
        using var kernels = _network.PathOf((int)images.shape[0]).Enter();
        var resized = TeacherInput.Resize(images, _network.Architecture.InputShape);
        return _network.Run(_network.Path.Arrange(resized), _withFeatures, _withPreActivations);
    }
}
