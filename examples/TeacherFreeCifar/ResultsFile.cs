using System.Text.Json;

namespace TeacherFreeCifar;

/// <summary>
/// The finished runs, a line of JSON each, so that a program that was stopped goes on with what is missing. One process has the file at a
/// time, for moments.
/// </summary>
internal sealed class ResultsFile : IDisposable
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web);

    private readonly string _path;
    private readonly FileStream _stream;

    /// <param name="path">The file; it is made where there is none.</param>
    /// <param name="token">Ends the wait for another process that has it.</param>
    public ResultsFile(string path, CancellationToken token = default) => (_path, _stream) = (path, Claim.Wait(path, token));

    /// <summary>All runs; a last line that is not whole, as a killed writer leaves it, is none.</summary>
    /// <exception cref="InvalidDataException">Another line is no run.</exception>
    public IReadOnlyList<RunRecord> Read()
    {
        _stream.Position = 0;
        using var reader = new StreamReader(_stream, leaveOpen: true);
        var lines = reader.ReadToEnd().Split('\n');
        var records = new List<RunRecord>();
        for (var i = 0; i < lines.Length - 1; i++)
        {
            try
            {
                records.Add(JsonSerializer.Deserialize<RunRecord>(lines[i], _json) ?? throw new JsonException("It is null."));
            }
            catch (JsonException error)
            {
                throw new InvalidDataException($"Line {i + 1} of '{_path}' is no run: {error.Message}", error);
            }
        }

        return records;
    }

    public void Append(RunRecord record)
    {
        // What a killed writer left of a line goes.
        _stream.SetLength(EndOfLastLine());
        _stream.Seek(0, SeekOrigin.End);
        _stream.Write(JsonSerializer.SerializeToUtf8Bytes(record, _json));
        _stream.WriteByte((byte)'\n');
        _stream.Flush(flushToDisk: true);
    }

    public void Dispose() => _stream.Dispose();

    private long EndOfLastLine()
    {
        for (var length = _stream.Length; length > 0; length--)
        {
            _stream.Position = length - 1;
            if (_stream.ReadByte() == '\n')
                return length;
        }

        return 0;
    }
}
