namespace TfKd;

/// <summary>
/// The nodes of a <see cref="TestTimeAugmentation"/>: images in all orientations as one batch, and means of what comes of it.
/// </summary>
/// <param name="graph">The graph.</param>
/// <param name="augmentation">The orientations.</param>
internal sealed class OnnxOrientations(OnnxGraph graph, TestTimeAugmentation augmentation)
{
    private readonly IReadOnlyList<Orientation> _orientations = Orientation.Of(augmentation);

    /// <summary>The images in all orientations, [V N,C,H,W], those of the first orientation first.</summary>
    /// <param name="images">[N,C,H,W].</param>
    public OnnxValue Write(OnnxValue images) => _orientations.Count == 1
        ? images
        : images with { Name = graph.Node("Concat", "orientations", [.. Turn(images.Name)], [OnnxArgument.Of("axis", 0L)]) };

    /// <summary>The means over the orientations, [N,D].</summary>
    /// <param name="answers">[V N,D].</param>
    public OnnxValue Average(OnnxValue answers)
    {
        if (_orientations.Count == 1)
            return answers;
        var shape = graph.Integers("orientations.shape", [_orientations.Count, -1, answers.Shape[^1]]);
        var apart = graph.Node("Reshape", $"{answers.Name}.apart", [answers.Name, shape], []);
        OnnxArgument[] arguments = [OnnxArgument.Of("axes", [0L]), OnnxArgument.Of("keepdims", 0L)];
        return answers with { Name = graph.Node("ReduceMean", $"{answers.Name}.mean", [apart], arguments) };
    }

    private IEnumerable<string> Turn(string images)
    {
        var transposed = _orientations.Any(orientation => orientation.IsTransposed)
            ? graph.Node("Transpose", "transposed", [images], [OnnxArgument.Of("perm", [0L, 1L, 3L, 2L])])
            : images;
        foreach (var orientation in _orientations)
        {
            var turned = orientation.IsTransposed ? transposed : images;
            yield return orientation.FlippedDimensions is { Length: > 0 } flipped ? Flip(turned, flipped) : turned;
        }
    }

    // Backwards from the last element until before the first.
    private string Flip(string images, long[] axes)
    {
        var (starts, ends) = (Array.ConvertAll(axes, _ => -1L), Array.ConvertAll(axes, _ => long.MinValue));
        string[] inputs =
        [
            images, graph.Integers("flip.starts", starts), graph.Integers("flip.ends", ends), graph.Integers("flip.axes", axes),
            graph.Integers("flip.steps", starts),
        ];
        return graph.Node("Slice", "flipped", inputs, []);
    }
}
