using System.Text;

namespace TfKd.Tool;

/// <summary>A file that lists photos with their labels: a line each, with the names of the columns in the first one.</summary>
internal static class PhotoList
{
    private const string PathName = "path";
    private const string OneName = "label";
    private const string SeveralName = "labels";
    private const string DefaultSeparator = ";";

    /// <summary>
    /// The photos of a list. Columns are divided by commas, in a file named *.tsv by tabs; a cell that holds one is in quotation marks.
    /// Paths are relative to the folder of the list.
    /// </summary>
    /// <param name="file">The list.</param>
    /// <param name="separator">What stands between the labels of a photo; null: the default.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no such list.</exception>
    /// <exception cref="UsageException">A separator is named, but a photo has one label.</exception>
    public static PhotoFolder Read(string file, string? separator)
    {
        var delimiter = Path.GetExtension(file).Equals(".tsv", StringComparison.OrdinalIgnoreCase) ? '\t' : ',';
        var lines = File.ReadLines(file).Select((line, index) => (Number: index + 1, Text: line))
            .Where(line => line.Text.Trim().Length > 0)
            .Select(line => (line.Number, Cells: CellsOf(line.Text, delimiter, $"Line {line.Number} of '{file}'")))
            .ToList();
        string[] header = lines.Count == 0 ? [] : [.. lines[0].Cells.Select(cell => cell.Trim())];
        var (path, labels, label) = (PlaceOf(header, PathName), PlaceOf(header, SeveralName), PlaceOf(header, OneName));
        if (path < 0 || (labels < 0) == (label < 0))
            throw new InvalidDataException(
                $"The first line of '{file}' is [{string.Join(", ", header)}]; expected the names of the columns, among them {PathName} "
                    + $"and either {SeveralName}, where a photo may have several, or {OneName}.");
        if (label >= 0 && separator is not null)
            throw new UsageException(
                $"--labels-separator is for lists with a column {SeveralName}, but '{file}' has {OneName}, one a photo.");
        if (lines.Count == 1)
            throw new InvalidDataException($"'{file}' lists no photos; expected a line each below the names of the columns.");
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        return new(
            [.. lines.Skip(1).Select(line => line.Cells.Count == header.Length
                ? (Path.Combine(folder, line.Cells[path].Trim()), line.Cells[Math.Max(labels, label)].Trim())
                : throw new InvalidDataException(
                    $"Line {line.Number} of '{file}' has {line.Cells.Count} cells; expected {header.Length}, as the first line."))],
            label >= 0 ? null : separator ?? DefaultSeparator);
    }

    private static int PlaceOf(string[] header, string name) =>
        Array.FindIndex(header, cell => cell.Equals(name, StringComparison.OrdinalIgnoreCase));

    // RFC 4180, but for line breaks within a cell.
    private static List<string> CellsOf(string line, char delimiter, string name)
    {
        var (cells, cell, isQuoted) = (new List<string>(), new StringBuilder(), false);
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '"' && isQuoted && i + 1 < line.Length && line[i + 1] == '"')
            {
                cell.Append(line[i++]);
            }
            else if (line[i] == '"' && (isQuoted || cell.Length == 0))
            {
                isQuoted = !isQuoted;
            }
            else if (line[i] == delimiter && !isQuoted)
            {
                cells.Add(cell.ToString());
                cell.Clear();
            }
            else
            {
                cell.Append(line[i]);
            }
        }

        if (isQuoted)
            throw new InvalidDataException($"{name} has a quotation mark that is not closed.");
        return [.. cells, cell.ToString()];
    }
}
