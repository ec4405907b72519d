using System.Text.Json;

namespace TeacherFreeCifar;

/// <summary>The finished runs, a line of JSON each, so that a program that was stopped goes on with what is missing.</summary>
/// <param name="path">The file.</param>
internal sealed class ResultsFile(string path)
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web);

    /// <summary>All runs; a last line that is not whole, as a killed writer leaves it, is none.</summary>
    /// <exception cref="InvalidDataException">Another line is no run.</exception>
    public IReadOnlyList<RunRecord> Read()
    {
        if (!File.Exists(path))
            return [];
        var text = File.ReadAllText(path);
        var lines = text.Split('\n');
        var records = new List<RunRecord>();
        for (var i = 0; i < lines.Length - 1; i++)
        {
            try
            {
                records.Add(JsonSerializer.Deserialize<RunRecord>(lines[i], _json) ?? throw new JsonException("It is null."));
            }
            catch (JsonException error)
            {
                throw new InvalidDataException($"Line {i + 1} of '{path}' is no run: {error.Message}", error);
            }
        }

        return records;
    }

    public void Append(RunRecord record)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        using var stream = new FileStream(path, FileMode.OpenOrCreate);
        // What a killed writer left of a line goes.
        stream.SetLength(EndOfLastLine(stream));
        stream.Seek(0, SeekOrigin.End);
        stream.Write(JsonSerializer.SerializeToUtf8Bytes(record, _json));
        stream.WriteByte((byte)'\n');
        stream.Flush(flushToDisk: true);
    }

    private static long EndOfLastLine(FileStream stream)
    {
        for (var length = stream.Length; length > 0; length--)
        {
            stream.Position = length - 1;
            if (stream.ReadByte() == '\n')
                return length;
        }

        return 0;
    }
}
