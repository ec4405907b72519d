using Microsoft.VisualBasic.FileIO;
using OnnxServing;
using Parquet;
using Parquet.Schema;

namespace TfKd.MLNet.Tests;

/// <summary>A network and a folder of photos to score, with names that a table must quote; made once for all tests of the worker.</summary>
public sealed class ScoredFolder : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ScoredFolder()
    {
        Model = _folder.File("model.onnx");
        ServedNetwork.Save(Model, new ImageShape(3, 32, 32)).Dispose();
        Photos = Directory.CreateDirectory(_folder.File("photos")).FullName;
        Directory.CreateDirectory(Path.Combine(Photos, "below"));
        for (var number = 0; number < Good.Count; number++)
            File.WriteAllBytes(Path.Combine(Photos, Good[number]), DrawnSigns.Draw(number));
        File.WriteAllText(Path.Combine(Photos, Bad[0]), "no photo");
        File.WriteAllBytes(Path.Combine(Photos, Bad[1]), DrawnSigns.Draw(1)[..^300]);
        File.WriteAllText(Path.Combine(Photos, "notes.txt"), "no photo, and not named as one");
    }

    /// <summary>The network.</summary>
    public string Model { get; }

    /// <summary>The folder.</summary>
    public string Photos { get; }

    /// <summary>Photos that can be read, in the order of the list.</summary>
    public IReadOnlyList<string> Good { get; } =
    [
        "a,b.jpg", "below/one more.JPG", "below/tür.jpg", .. Enumerable.Range(0, 20).Select(i => $"photo-{i:00}.jpg"), "said \"so\".jpg",
        "two\nlines.jpg",
    ];

    /// <summary>Those that cannot.</summary>
    public IReadOnlyList<string> Bad { get; } = ["bad, text.png", "cut.jpg"];

    public void Dispose() => _folder.Dispose();

    /// <summary>What scores a file or folder into a new place; of 27 photos two are bad.</summary>
    internal ShardSettings Settings(string output, string? input = null) =>
        new(Model, input ?? Photos, output) { Batch = 4, Threads = 3 };

    /// <summary>The rows of a file, without its header, all as texts, by readers that know nothing of the writer.</summary>
    internal static async Task<(string[] Columns, List<string[]> Rows)> Read(string file) =>
        Path.GetExtension(file) == ".parquet" ? await ReadParquet(file) : ReadCsv(file);

    private static (string[] Columns, List<string[]> Rows) ReadCsv(string file)
    {
        using var parser = new TextFieldParser(file) { TextFieldType = FieldType.Delimited, TrimWhiteSpace = false };
        parser.SetDelimiters(",");
        var columns = parser.ReadFields()!;
        var rows = new List<string[]>();
        while (parser.ReadFields() is { } fields)
            rows.Add(fields);
        return (columns, rows);
    }

    private static async Task<(string[] Columns, List<string[]> Rows)> ReadParquet(string file)
    {
        await using var reader = await ParquetReader.CreateAsync(file);
        var fields = reader.Schema.GetDataFields();
        var rows = new List<string[]>();
        foreach (var group in reader.RowGroups)
        {
            var columns = new List<string[]>();
            foreach (var field in fields)
                columns.Add(await ReadColumn(group, field));
            rows.AddRange(Enumerable.Range(0, (int)group.RowCount).Select(row => columns.Select(column => column[row]).ToArray()));
        }

        return ([.. fields.Select(field => field.Name)], rows);
    }

    private static async Task<string[]> ReadColumn(ParquetRowGroupReader group, DataField field)
    {
        Assert.False(field.IsNullable);
        if (field.ClrType != typeof(float))
        {
            var texts = new string?[group.RowCount];
            await group.ReadAsync(field, texts);
            return texts!;
        }

        var numbers = new float[group.RowCount];
        await group.ReadAsync<float>(field, numbers);
        return [.. numbers.Select(number => number.ToString("R"))];
    }
}
