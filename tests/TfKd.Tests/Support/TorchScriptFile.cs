using System.Globalization;
using System.IO.Compression;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>
/// Writes TorchScript files as Python's torch.jit.save does: a zip of source text and of a pickled module. TorchSharp can load such files,
/// but makes none.
/// </summary>
internal static class TorchScriptFile
{
    /// <summary>
    /// A module whose forward is the given text, of statements that compute <c>answer</c> from <c>images</c>. In training mode, as which it
    /// is saved, it answers 100 more.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="statements">The text.</param>
    /// <param name="type">The type of the result.</param>
    /// <param name="returned">What is returned, an expression with <c>result</c>.</param>
    public static void Write(string path, string statements, string type = "Tensor", string returned = "result")
    {
        var source = $"""
            class Scripted(Module):
              __parameters__ = []
              __buffers__ = []
              training : bool
              def forward(self: __torch__.Scripted,
                images: Tensor) -> {type}:
                {statements.ReplaceLineEndings("\n    ")}
                if self.training:
                  result = torch.add(answer, 100)
                else:
                  result = answer
                return {returned}

            """;
        using var zip = ZipFile.Open(path, ZipArchiveMode.Create);
        Add(zip, "code/__torch__.py", Encoding.ASCII.GetBytes(source.ReplaceLineEndings("\n")));
        // Protocol 2: the class, an empty tuple, a new object of it; its state: training is true; built, end.
        Add(zip, "data.pkl", [0x80, 2, .. "c__torch__\nScripted\n)"u8, 0x81, .. "}(X\u0008\0\0\0training"u8, 0x88, .. "ub."u8]);
        Add(zip, "constants.pkl", [0x80, 2, .. ")."u8]);
        Add(zip, "version", "3\n"u8);
    }

    /// <summary>A tensor as an expression.</summary>
    public static string Literal(Tensor values)
    {
        using var floats = values.detach().to(ScalarType.Float32, copy: true);
        var numbers = floats.contiguous().data<float>().ToArray().Select(value => value.ToString("F9", CultureInfo.InvariantCulture));
        return $"torch.reshape(torch.tensor([{string.Join(", ", numbers)}]), [{string.Join(", ", values.shape)}])";
    }

    private static void Add(ZipArchive zip, string name, ReadOnlySpan<byte> bytes)
    {
        using var stream = zip.CreateEntry($"archive/{name}", CompressionLevel.NoCompression).Open();
        stream.Write(bytes);
    }
}
