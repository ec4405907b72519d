namespace TfKd;

/// <summary>A named constant of a node, ONNX's AttributeProto: <c>OnnxArgument.Of("axis", 1)</c>.</summary>
public sealed class OnnxArgument
{
    // onnx.proto, AttributeProto.AttributeType.
    private const int FloatType = 1;
    private const int IntType = 2;
    private const int StringType = 3;
    private const int IntsType = 7;
    private const int StringsType = 8;

    private OnnxArgument(string name, int type, Action<ProtoMessage> value)
    {
        ArgumentNullException.ThrowIfNull(name);
        Name = name;
        value(Message.Text(1, name));
        Message.Integer(20, type);
    }

    internal string Name { get; }

    /// <summary>The value of an argument that is one number.</summary>
    internal double Number { get; private init; }

    internal ProtoMessage Message { get; } = new();

    /// <summary>A number, written as float32.</summary>
    public static OnnxArgument Of(string name, double value) =>
        new(name, FloatType, message => message.Float(2, (float)value)) { Number = value };

    /// <summary>An integer.</summary>
    public static OnnxArgument Of(string name, long value) =>
        new(name, IntType, message => message.Integer(3, value)) { Number = value };

    /// <summary>A text.</summary>
    public static OnnxArgument Of(string name, string value) => new(name, StringType, message => message.Text(4, value));

    /// <summary>Texts.</summary>
    public static OnnxArgument Of(string name, IReadOnlyList<string> values) => new(name, StringsType, message =>
    {
        foreach (var value in values)
            message.Text(9, value);
    });

    /// <summary>Integers.</summary>
    public static OnnxArgument Of(string name, IReadOnlyList<long> values) => new(name, IntsType, message =>
    {
        foreach (var value in values)
            message.Integer(8, value);
    });
}
