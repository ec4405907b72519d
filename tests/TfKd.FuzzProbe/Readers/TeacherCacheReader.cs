namespace TfKd.FuzzProbe;

/// <summary>Kept answers of a teacher, which have a checksum each: a damaged one counts as none, and is asked for again.</summary>
internal sealed class TeacherCacheReader : FuzzReader
{
    private const int Rows = 20;
    private const int RowBytes = 24;

    private static readonly byte[] _key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    public override string Name => "teacher-cache";

    public override byte[] Make(string folder)
    {
        var path = Path.Combine(folder, "whole.answers");
        using (var file = TeacherCacheFile.Open(path, _key, Rows, RowBytes, (_, _) => { }))
        {
            for (var row = 0; row < Rows; row++)
                file.Add(row, Answer(row));
        }

        return File.ReadAllBytes(path);
    }

    public override string Read(string path)
    {
        using var file = TeacherCacheFile.Open(path, _key, Rows, RowBytes, (_, _) => { });
        var answer = new byte[RowBytes];
        var wrong = Enumerable.Range(0, Rows).Where(row => file.TryRead(row, answer) && !answer.SequenceEqual(Answer(row)));
        // What is missing is asked for again.
        return $"wrong: {string.Join(' ', wrong)}";
    }

    private static byte[] Answer(int row) => [.. Enumerable.Range(0, RowBytes).Select(i => (byte)((row * 31) + i))];
}
