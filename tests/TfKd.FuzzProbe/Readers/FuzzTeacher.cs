using static TorchSharp.torch;

namespace TfKd.FuzzProbe;

/// <summary>Opens a teacher and asks it.</summary>
internal static class FuzzTeacher
{
    public static readonly IReadOnlyList<string> ClassNames = ["red", "green", "blue"];

    public static string AnswersOf(TeacherSource source)
    {
        using var scope = NewDisposeScope();
        using var teacher = source.Open(new TeacherContext(ClassNames, Images.Shape, CPU));
        var images = arange(2 * Images.Shape.ByteCount).remainder(256).to(ScalarType.Byte)
            .view(2, Images.Shape.Channels, Images.Shape.Height, Images.Shape.Width);
        var signal = teacher.Teach(new ImageBatch(images, Targets.FromLabels(tensor([0L, 1]), ClassNames.Count), RowIds: [], View: 0));
        return WeightFileReader.HashOf([KeyValuePair.Create("logits", signal.Logits)]);
    }
}
