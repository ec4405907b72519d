namespace TfKd;

/// <summary>
/// An operation of a graph under construction (onnx.proto, NodeProto), whose name is that of its output, the first where there are more.
/// </summary>
/// <param name="Type">The operator.</param>
/// <param name="Output">Name of what it returns.</param>
/// <param name="Inputs">Names of what it reads; an empty one where an optional input is left out.</param>
/// <param name="Arguments">The attributes.</param>
internal sealed record OnnxOperation(
    string Type, string Output, IReadOnlyList<string> Inputs, IReadOnlyList<OnnxArgument> Arguments) : OnnxPart
{
    /// <summary>The domain of the operator. Default: empty, ONNX's own.</summary>
    public string Domain { get; init; } = "";

    /// <summary>Names of what it returns beside the first. Default: none.</summary>
    public IReadOnlyList<string> MoreOutputs { get; init; } = [];

    /// <inheritdoc/>
    public override int Field => 1;

    /// <summary>An attribute that is a number; the default where it is not set.</summary>
    public float Number(string name, float otherwise) => Argument(name) is { } found ? (float)found.Number : otherwise;

    /// <summary>An attribute that is an integer; the default where it is not set.</summary>
    public long Integer(string name, long otherwise) => Argument(name) is { } found ? (long)found.Number : otherwise;

    /// <inheritdoc/>
    public override ProtoMessage ToMessage()
    {
        var message = new ProtoMessage();
        foreach (var input in Inputs)
            message.Text(1, input);
        message.Text(2, Output);
        foreach (var output in MoreOutputs)
            message.Text(2, output);
        message.Text(3, Output).Text(4, Type);
        foreach (var argument in Arguments)
            message.Message(5, argument.Message);
        return Domain.Length > 0 ? message.Text(7, Domain) : message;
    }

    private OnnxArgument? Argument(string name) => Arguments.FirstOrDefault(argument => argument.Name == name);
}
