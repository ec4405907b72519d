using TfKd.Tests;
using static TorchSharp.torch;

namespace TfKd.FuzzProbe;

/// <summary>TorchScript files, which hold code, as teachers.</summary>
internal sealed class TorchScriptReader : FuzzReader
{
    public override string Name => "torchscript-teacher";

    public override string? WhyAlteredIsAccepted => "what the checksums of the zip do not cover";

    public override byte[] Make(string folder)
    {
        using var scope = NewDisposeScope();
        var path = Path.Combine(folder, "whole.pt");
        TorchScriptFile.Write(path, $"""
            weight = {TorchScriptFile.Literal(randn(3, 3))}
            answer = torch.matmul(torch.mean(images, [2, 3]), weight)
            """);
        return File.ReadAllBytes(path);
    }

    public override string Read(string path) => FuzzTeacher.AnswersOf(new TorchScriptTeacher(path) { ClassNames = FuzzTeacher.ClassNames });

    public override bool IsDocumented(Exception exception) => exception is InvalidDataException or InvalidOperationException;
}
