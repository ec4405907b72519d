using TfKd.MLNet;

namespace TfKd.FuzzProbe;

/// <summary>ONNX files of others, as teachers.</summary>
internal sealed class OnnxTeacherReader : FuzzReader
{
    public override string Name => "onnx-teacher";

    public override string? WhyAlteredIsAccepted => "an ONNX file has no checksum";

    public override byte[] Make(string folder) => Export();

    /// <summary>A network with random weights.</summary>
    public static byte[] Export()
    {
        using var network = new SmallCnn { InputShape = Images.Shape, Width = 4 }.Build(FuzzTeacher.ClassNames.Count);
        network.eval();
        return OnnxExporter.Export(network, new OnnxExportOptions { InputShape = Images.Shape });
    }

    public override string Read(string path) => FuzzTeacher.AnswersOf(new OnnxTeacher(path) { ClassNames = FuzzTeacher.ClassNames });

    public override bool IsDocumented(Exception exception) => exception is InvalidDataException or InvalidOperationException;
}
