namespace TfKd;

/// <summary>ONNX's numbers of the element types that exported graphs have (onnx.proto, TensorProto.DataType).</summary>
internal static class OnnxDataType
{
    public const int Float32 = 1;
    public const int UInt8 = 2;
    public const int Int8 = 3;
    public const int Int32 = 6;
    public const int Int64 = 7;
    public const int String = 8;
    public const int Float16 = 10;
}
