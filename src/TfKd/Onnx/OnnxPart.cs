namespace TfKd;

/// <summary>A part of a graph under construction: an operation or a constant.</summary>
internal abstract record OnnxPart
{
    /// <summary>The number of the field of a GraphProto that the part is in.</summary>
    public abstract int Field { get; }

    /// <summary>The part as it stands in a file.</summary>
    public abstract ProtoMessage ToMessage();
}
