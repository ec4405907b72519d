using Microsoft.VisualBasic.FileIO;

namespace TfKd.MLNet;

/// <summary>A file that lists images with their labels: a line each, with the names of the columns in the first one.</summary>
/// <param name="Files">The images, each once, in the order of the list.</param>
/// <param name="LabelColumn">
/// <see cref="OneName"/>; or <see cref="SeveralName"/>, where an image may have several labels, which are one text; null: labels are not
/// known, and are empty.
/// </param>
/// <param name="Remark">What was left out; null: nothing.</param>
internal sealed record PhotoList(IReadOnlyList<(string Path, string Label)> Files, string? LabelColumn, string? Remark)
{
    /// <summary>The column of the one label of an image.</summary>
    public const string OneName = "label";

    /// <summary>The column of labels where an image may have several.</summary>
    public const string SeveralName = "labels";

    private const string PathName = "path";

    private static readonly string[] Extensions = [".csv", ".tsv"];

    /// <summary>Whether a file is a list by its name.</summary>
    public static bool IsNamedSo(string file) => Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Reads a list. Columns are divided by commas, in a file named *.tsv by tabs; a cell that holds one is in quotation marks. Paths are
    /// relative to the folder of the list.
    /// </summary>
    /// <param name="file">The list.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no such list, or says two things of one image.</exception>
    public static PhotoList Read(string file)
    {
        if (Directory.Exists(file))
            throw new InvalidDataException($"'{file}' is a folder; expected a list of photos, a line each.");
        var lines = ReadLines(file);
        var header = lines.Count == 0 ? [] : lines[0].Cells;
        var (path, labels, label) = (PlaceOf(PathName), PlaceOf(SeveralName), PlaceOf(OneName));
        if (path < 0)
            throw new InvalidDataException(
                $"The first line of '{file}' is [{string.Join(", ", header)}]; expected the names of the columns, among them path, and "
                    + "label, or labels where a photo may have several. Columns are divided by commas, in files named *.tsv by tabs.");
        if (label >= 0 && labels >= 0)
            throw new InvalidDataException(
                $"The first line of '{file}' names the columns label and labels; expected one of them.");
        if (lines.Count == 1)
            throw new InvalidDataException($"'{file}' lists no photos; expected a line each below the names of the columns.");
        var rows = new PhotoListRows(file);
        foreach (var (number, cells) in lines.Skip(1))
        {
            if (cells.Length != header.Length)
                throw new InvalidDataException(
                    $"Line {number} of '{file}' has {cells.Length} cells; expected {header.Length}, as the first line.");
            rows.Add(number, cells[path], label < 0 && labels < 0 ? "" : cells[Math.Max(labels, label)]);
        }

        return new(rows.Files, labels >= 0 ? SeveralName : label >= 0 ? OneName : null, rows.Remark);

        int PlaceOf(string name)
        {
            var places = Enumerable.Range(0, header.Length).Where(i => header[i].Equals(name, StringComparison.OrdinalIgnoreCase)).ToList();
            return places.Count < 2
                ? places.FirstOrDefault(-1)
                : throw new InvalidDataException(
                    $"The first line of '{file}' names the column {name} {places.Count} times; expected once.");
        }
    }

    private static List<(long Number, string[] Cells)> ReadLines(string file)
    {
        var delimiter = Path.GetExtension(file).Equals(".tsv", StringComparison.OrdinalIgnoreCase) ? "\t" : ",";
        using var parser = new TextFieldParser(file) { TextFieldType = FieldType.Delimited, Delimiters = [delimiter] };
        var lines = new List<(long, string[])>();
        try
        {
            while (!parser.EndOfData)
            {
                var number = parser.LineNumber;
                lines.Add((number, parser.ReadFields()!));
            }
        }
        catch (MalformedLineException exception)
        {
            throw new InvalidDataException(
                $"Line {exception.LineNumber} of '{file}' cannot be divided into cells; expected quotation marks at the beginning and at "
                    + "the end of a cell only, and two for one within it.",
                exception);
        }

        return lines;
    }
}
