using Microsoft.VisualBasic.FileIO;

namespace TfKd.MLNet;

/// <summary>A file that lists images with their labels: a line each, with the names of the columns in the first one.</summary>
/// <param name="Files">The images, in the order of the list.</param>
/// <param name="HasSeveralLabels">Whether an image may have several labels, which are one text.</param>
internal sealed record PhotoList(IReadOnlyList<(string Path, string Label)> Files, bool HasSeveralLabels)
{
    /// <summary>The column of the one label of an image.</summary>
    public const string OneName = "label";

    /// <summary>The column of labels where an image may have several.</summary>
    public const string SeveralName = "labels";

    private const string PathName = "path";

    /// <summary>
    /// Reads a list. Columns are divided by commas, in a file named *.tsv by tabs; a cell that holds one is in quotation marks. Paths are
    /// relative to the folder of the list.
    /// </summary>
    /// <param name="file">The list.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no such list.</exception>
    public static PhotoList Read(string file)
    {
        var delimiter = Path.GetExtension(file).Equals(".tsv", StringComparison.OrdinalIgnoreCase) ? "\t" : ",";
        var lines = ReadLines(file, delimiter);
        string[] header = lines.Count == 0 ? [] : lines[0].Cells;
        var (path, labels, label) = (PlaceOf(header, PathName), PlaceOf(header, SeveralName), PlaceOf(header, OneName));
        if (path < 0 || (labels < 0) == (label < 0))
            throw new InvalidDataException(
                $"The first line of '{file}' is [{string.Join(", ", header)}]; expected the names of the columns, among them {PathName} "
                    + $"and either {SeveralName}, where a photo may have several, or {OneName}.");
        if (lines.Count == 1)
            throw new InvalidDataException($"'{file}' lists no photos; expected a line each below the names of the columns.");
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        return new(
            [.. lines.Skip(1).Select(line => line.Cells.Length == header.Length
                ? (Path.Combine(folder, line.Cells[path]), line.Cells[Math.Max(labels, label)])
                : throw new InvalidDataException(
                    $"Line {line.Number} of '{file}' has {line.Cells.Length} cells; expected {header.Length}, as the first line."))],
            labels >= 0);
    }

    private static int PlaceOf(string[] header, string name) =>
        Array.FindIndex(header, cell => cell.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static List<(long Number, string[] Cells)> ReadLines(string file, string delimiter)
    {
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
