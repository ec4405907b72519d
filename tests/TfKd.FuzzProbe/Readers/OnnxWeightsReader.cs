namespace TfKd.FuzzProbe;

/// <summary>ONNX files of others, as weights of a network.</summary>
internal sealed class OnnxWeightsReader : FuzzReader
{
    public override string Name => "onnx-weights";

    public override string? WhyAlteredIsAccepted => "an ONNX file has no checksum";

    public override byte[] Make(string folder) => OnnxTeacherReader.Export();

    public override string Read(string path)
    {
        using var network = new SmallCnn { InputShape = Images.Shape, Width = 4 }.Build(FuzzTeacher.ClassNames.Count);
        NetworkWeights.Load(network, path);
        return WeightFileReader.HashOf(network.state_dict());
    }
}
