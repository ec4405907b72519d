using Microsoft.ML;
using SkiaSharp;
using TfKd.MLNet;

namespace TfKd.FuzzProbe;

/// <summary>The chain of ML.NET's own transformers: all of its readers are ML.NET's.</summary>
internal sealed class PortableFileReader : FuzzReader
{
    private static readonly MLContext _ml = new(seed: 1);
    private IDataView? _rows;

    public override string Name => "portable";

    public override string? WhyAlteredIsAccepted => "ML.NET's format has the checksums of a zip and no other";

    public override bool IsOfOthers => true;

    public override byte[] Make(string folder)
    {
        var paths = Enumerable.Range(1, 2).Select(seed => Path.Combine(folder, $"{seed}.png")).ToList();
        foreach (var path in paths)
            File.WriteAllBytes(path, Images.Encode(SKEncodedImageFormat.Png, seed: 1, width: 8, height: 8));
        _rows = _ml.Data.LoadFromEnumerable(paths.Select(path => new Row { Image = path }));
        using var transformer = ModelFileReader.MakeModel();
        var portable = transformer.ToPortable(_ml, PortableImageColumn.Path);
        using var disposable = portable as IDisposable;
        using var stream = new MemoryStream();
        _ml.Model.Save(portable, _rows.Schema, stream);
        return stream.ToArray();
    }

    public override string Read(string path)
    {
        var model = _ml.Model.Load(path, out _);
        using var disposable = model as IDisposable;
        return Images.Score(model, _rows!);
    }

    /// <remarks>ML.NET's own exceptions, whatever they are.</remarks>
    public override bool IsDocumented(Exception exception) => exception is not OutOfMemoryException;

    private sealed class Row
    {
        public string Image { get; set; } = "";
    }
}
