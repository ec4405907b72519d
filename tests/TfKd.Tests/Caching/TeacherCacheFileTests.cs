using System.Diagnostics;
using System.Globalization;

namespace TfKd.Tests;

public sealed class TeacherCacheFileTests : IDisposable
{
    private const int Rows = 5;
    private const int RowBytes = 11;
    // Header, marks, rows.
    private const int Length = 64 + Rows * (4 + RowBytes);

    private static readonly byte[] _key = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    private readonly string _directory = Directory.CreateTempSubdirectory("tfkd-answers-").FullName;
    private readonly List<string> _messages = [];

    private string Path => System.IO.Path.Combine(_directory, "a.answers");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Answers_are_there_when_it_is_opened_again()
    {
        Fill(0, 3);
        Assert.Equal(Length, new FileInfo(Path).Length);
        Assert.Equal(2, TeacherCacheFile.CountKnown(Path, _key, Rows, RowBytes));
        using var file = Open();
        Assert.Equal([0, 3], Known(file));
        Assert.Equal(Answer(3), Read(file, 3));
        Assert.Empty(_messages);
    }

    [Fact]
    public void A_file_with_gaps_belongs_to_one_and_a_whole_one_to_all()
    {
        Fill(0, 1, 2, 3);
        using (var first = Open())
        {
            Assert.Throws<IOException>(Open);
            Assert.Equal(0, TeacherCacheFile.CountKnown(Path, _key, Rows, RowBytes));
            first.Add(4, Answer(4));
        }

        using var one = Open();
        using var another = Open();
        Assert.Equal(5, TeacherCacheFile.CountKnown(Path, _key, Rows, RowBytes));
        Assert.All(Enumerable.Range(0, Rows), row => Assert.Equal(Answer(row), Read(another, row)));
        Assert.Equal(Answer(4), Read(one, 4));
    }

    [Fact]
    public void A_row_that_was_not_completely_written_is_unknown()
    {
        // As after a power cut: the mark reached the disk, not all of the row did.
        Fill(0, 1, 2, 3, 4);
        for (var place = 0; place < RowBytes; place++)
        {
            using (var stream = File.OpenWrite(Path))
            {
                stream.Position = 64 + Rows * 4 + 2 * RowBytes;
                var torn = Answer(2);
                torn.AsSpan(place).Clear();
                stream.Write(torn);
            }

            using var file = Open();
            Assert.Equal([0, 1, 3, 4], Known(file));
        }

        Assert.Empty(_messages);
    }

    [Fact]
    public void An_answer_in_anothers_place_is_unknown()
    {
        Fill(0, 1);
        var bytes = File.ReadAllBytes(Path);
        bytes.AsSpan(64, 4).CopyTo(bytes.AsSpan(64 + 4));
        bytes.AsSpan(64 + Rows * 4, RowBytes).CopyTo(bytes.AsSpan(64 + Rows * 4 + RowBytes));
        File.WriteAllBytes(Path, bytes);
        using var file = Open();
        Assert.Equal([0], Known(file));
    }

    [Fact]
    public void Zeros_are_an_answer_like_any_other()
    {
        using (var file = Open())
            file.Add(2, new byte[RowBytes]);
        using var again = Open();
        Assert.Equal([2], Known(again));
    }

    [Theory]
    [InlineData(Length - 1)]
    [InlineData(Length + 1)]
    [InlineData(63)]
    [InlineData(1)]
    public void A_file_of_another_length_is_made_anew(int length)
    {
        Fill(0, 1, 2, 3, 4);
        using (var stream = File.OpenWrite(Path))
            stream.SetLength(length);
        AssertMadeAnew();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    [InlineData(12)]
    [InlineData(16)]
    [InlineData(47)]
    [InlineData(63)]
    public void A_file_with_another_header_is_made_anew(int place)
    {
        Fill(0, 1, 2, 3, 4);
        var bytes = File.ReadAllBytes(Path);
        bytes[place] ^= 1;
        File.WriteAllBytes(Path, bytes);
        AssertMadeAnew();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_file_that_another_process_cuts_while_it_is_open_loses_rows_and_nothing_else(bool isWhole)
    {
        Fill(isWhole ? [0, 1, 2, 3, 4] : [0, 1, 2, 3]);
        using var file = Open();
        // Behind the first two rows: .NET would not open it for writing a second time.
        var length = 64 + Rows * sizeof(uint) + 2 * RowBytes;
        using (var cut = Process.Start("truncate", ["-s", length.ToString(CultureInfo.InvariantCulture), Path]))
        {
            cut.WaitForExit();
            Assert.Equal(0, cut.ExitCode);
        }

        var answer = new byte[RowBytes];
        Assert.Equal([true, true, false, false], Enumerable.Range(0, 4).Select(row => file.TryRead(row, answer)));
        Assert.Equal([0, 1], Known(file).Take(2));
        Assert.DoesNotContain(2, Known(file));
        // A whole file is only read: the row is asked each time. One with gaps is this run's, and takes the row again.
        file.Add(2, Answer(2));
        Assert.Equal(!isWhole, file.TryRead(2, answer));
        Assert.True(isWhole || answer.AsSpan().SequenceEqual(Answer(2)));
    }

    private void AssertMadeAnew()
    {
        Assert.Equal(0, TeacherCacheFile.CountKnown(Path, _key, Rows, RowBytes));
        using (var file = Open())
        {
            Assert.Empty(Known(file));
            file.Add(1, Answer(1));
        }

        Assert.Equal([$"'{Path}' is damaged or was not finished, and is made anew: the teacher is asked for its rows again."], _messages);
        using var again = Open();
        Assert.Equal([1], Known(again));
        Assert.Single(_messages);
    }

    private TeacherCacheFile Open() => TeacherCacheFile.Open(Path, _key, Rows, RowBytes, (message, isWarning) =>
    {
        Assert.True(isWarning);
        _messages.Add(message);
    });

    private void Fill(params int[] rows)
    {
        using var file = Open();
        foreach (var row in rows)
            file.Add(row, Answer(row));
    }

    // No byte of it is 0: a cleared one shows.
    private static byte[] Answer(int row) => [.. Enumerable.Range(0, RowBytes).Select(i => (byte)(1 + row * 20 + i))];

    private static byte[] Read(TeacherCacheFile file, int row)
    {
        var answer = new byte[RowBytes];
        Assert.True(file.TryRead(row, answer));
        return answer;
    }

    private static IEnumerable<int> Known(TeacherCacheFile file) => Enumerable.Range(0, Rows).Where(file.IsKnown);
}
