using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Reads the tensors of a weight file: .safetensors, or what PyTorch's <c>torch.save</c> wrote of a state dict (.pth, .pt, .bin, .th,
/// .pth.tar), in the zip format and in the one before PyTorch 1.6, or .onnx, whose tensors have the names that its exporter gave them
/// (<see cref="NetworkWeights"/> finds their places in a network). Content decides, not the file's name.
/// </summary>
/// <remarks>
/// PyTorch's files are pickles, which are programs. None is run: the reader knows the few names that state dicts are made of, and passes
/// over objects of any other type beside the tensors, such as the settings of the program that saved the file, unread. A file that calls
/// what no data need, such as the system's shell, is refused by that name. No size in a file is believed before it is compared with the
/// content.
/// </remarks>
public static class WeightFile
{
    private const int StartLength = 9;

    /// <summary>
    /// Reads a state dict, onto the CPU; the tensors belong to the caller, or to the caller's dispose scope. Tensors that were views of one
    /// another share memory.
    /// </summary>
    /// <param name="path">
    /// The file. It may hold the state dict itself, or a dictionary with it under any name, such as <c>state_dict</c> or <c>model</c>,
    /// beside an optimiser's state, numbers and settings: checkpoints of Lightning, timm and torchvision's scripts, say.
    /// </param>
    /// <exception cref="InvalidDataException">
    /// The file is damaged (in the zip format every entry that is read is compared with its checksum; the others have none), holds more
    /// than one dictionary of tensors (they are listed), or calls what is not allowed.
    /// </exception>
    public static Dictionary<string, Tensor> Read(string path) => Read(path, null);

    /// <inheritdoc cref="Read(string)" path="/summary|/exception"/>
    /// <param name="path">The file.</param>
    /// <param name="dictionary">
    /// Which dictionary of tensors to read, such as <c>state_dict_ema</c>, with <c>/</c> between names; empty for the outermost, null for
    /// the only one. Behind the last <c>/</c> may stand how the keys to take begin: <c>state_dict/student</c> for
    /// <c>student.conv1.weight</c> and the like, which lose that beginning; so it is in a .safetensors file, too, which has no names but
    /// keys.
    /// </param>
    /// <example><code>
    /// using var scope = torch.NewDisposeScope();
    /// foreach (var (name, tensor) in WeightFile.Read("checkpoint.pth", "state_dict_ema"))
    ///     Console.WriteLine($"{name} {string.Join("x", tensor.shape)}");
    /// </code></example>
    public static Dictionary<string, Tensor> Read(string path, string? dictionary)
    {
        using var stream = File.OpenRead(path);
        return Read(stream, $"'{path}'", dictionary);
    }

    /// <summary>Reads a state dict from a stream, from its position to its end.</summary>
    /// <inheritdoc cref="Read(string)"/>
    /// <param name="stream">The stream; stays open. One that cannot seek is read into memory first.</param>
    /// <param name="source">What messages call it.</param>
    /// <param name="dictionary">
    /// Which dictionary of tensors to read, with <c>/</c> between names; null, the default, for the only one.
    /// </param>
    public static Dictionary<string, Tensor> Read(Stream stream, string source = "stream", string? dictionary = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanSeek)
            return ReadCopy(stream, source, dictionary);
        var format = Recognize(stream, source);
        // Offsets in a zip file count from its beginning.
        if (format == WeightFormat.TorchZip && stream.Position != 0)
            return ReadCopy(stream, source, dictionary);
        return format switch
        {
            WeightFormat.TorchZip => ReadTorch(TorchZipFile.Read, stream, source, dictionary),
            WeightFormat.TorchLegacy => ReadTorch(TorchLegacyFile.Read, stream, source, dictionary),
            WeightFormat.Onnx => ReadOnnxTensors(stream, source, dictionary),
            _ => ReadSafeTensors(stream, source, dictionary),
        };
    }

    /// <summary>The format of a file.</summary>
    /// <exception cref="InvalidDataException">It is none of a weight file.</exception>
    internal static WeightFormat FormatOf(string path)
    {
        using var stream = File.OpenRead(path);
        return Recognize(stream, $"'{path}'");
    }

    /// <summary>The graph of an ONNX file, from the stream's position to its end; null where the content is of another format.</summary>
    /// <param name="stream">The stream, which can seek; where null is returned it stays where it is.</param>
    /// <param name="source">What messages call it.</param>
    /// <param name="dictionary">As <see cref="Read(Stream, string, string?)"/> takes it: an ONNX file has none.</param>
    /// <exception cref="InvalidDataException">The file is damaged, or has tensors in other files.</exception>
    internal static OnnxModel? TryReadOnnx(Stream stream, string source, string? dictionary)
    {
        if (Recognize(stream, source) != WeightFormat.Onnx)
            return null;
        if (!string.IsNullOrEmpty(dictionary))
        {
            throw new InvalidDataException(
                $"{source}: expected a dictionary of tensors at '{dictionary}', found an ONNX file, which has none.");
        }

        var content = new byte[stream.Length - stream.Position];
        stream.ReadExactly(content);
        return Explained(() => OnnxModel.Read(content), source);
    }

    private static Dictionary<string, Tensor> ReadCopy(Stream stream, string source, string? dictionary)
    {
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        copy.Position = 0;
        return Read(copy, source, dictionary);
    }

    /// <summary>Tells by the first bytes, and leaves the stream where it is.</summary>
    private static WeightFormat Recognize(Stream stream, string source)
    {
        var start = new byte[StartLength];
        var length = stream.ReadAtLeast(start, StartLength, throwOnEndOfStream: false);
        stream.Position -= length;
        return start.AsSpan(0, length) switch
        {
            [(byte)'P', (byte)'K', 3, 4, ..] => WeightFormat.TorchZip,
            // Behind the length of the header; no pickle of a magic number has a brace there.
            [.., (byte)'{'] when length == StartLength => WeightFormat.SafeTensors,
            [0x80, ..] => WeightFormat.TorchLegacy,
            // The version of ONNX's own format comes first.
            [0x08, > 0 and < 0x40, ..] => WeightFormat.Onnx,
            [] => throw new InvalidDataException($"{source}: expected a weight file, found nothing in it."),
            var other => throw new InvalidDataException(
                $"{source}: expected a weight file, .safetensors, .onnx or what PyTorch's save wrote, found one that begins with the bytes "
                    + $"{Convert.ToHexStringLower(other)}."),
        };
    }

    private static Dictionary<string, Tensor> ReadSafeTensors(Stream stream, string source, string? dictionary)
    {
        var all = SafeTensors.Read(stream, source);
        if (string.IsNullOrEmpty(dictionary))
            return all;
        var chosen = StateDict.Under(dictionary, all);
        foreach (var (key, tensor) in all)
            if (!key.StartsWith($"{dictionary}.", StringComparison.Ordinal))
                tensor.Dispose();
        return chosen ?? throw new InvalidDataException(
            $"{source}: expected a dictionary of tensors at '{dictionary}', found a .safetensors file without keys that begin so.");
    }

    private static Dictionary<string, Tensor> ReadOnnxTensors(Stream stream, string source, string? dictionary)
    {
        var constants = TryReadOnnx(stream, source, dictionary)!.Constants.Values.Where(tensor => tensor.Type is not null);
        return Explained(() => constants.ToDictionary(tensor => tensor.Name, tensor => tensor.ToTensor()), source);
    }

    private static Dictionary<string, Tensor> ReadTorch(
        Func<Stream, string?, Dictionary<string, Tensor>> read, Stream stream, string source, string? dictionary) =>
        Explained(() => read(stream, dictionary), source);

    private static T Explained<T>(Func<T> read, string source)
    {
        try
        {
            return read();
        }
        // The others are what System.IO.Compression throws for damaged files beside the first.
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException or ArgumentException or NotSupportedException)
        {
            throw new InvalidDataException($"{source}: {error.Message}", error);
        }
    }
}
