namespace TfKd.Tests;

public sealed class AtomicFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("tfkd-atomic-").FullName;

    private string Target => Path.Combine(_directory, "a file");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void The_old_content_stays_whole_when_the_disk_is_full()
    {
        AtomicFile.Write(Target, stream => stream.Write("before"u8));
        var exception = Assert.Throws<IOException>(() => AtomicFile.Write(Target, stream =>
        {
            stream.Write("after"u8);
            stream.Flush();
            throw new IOException("No space left on device.", 28);
        }));
        Assert.Equal(
            $"'{Target}' could not be written, and what was there before is whole: expected a folder that files can be made in, on a disk "
                + "with room for them; found: No space left on device.",
            exception.Message);
        Assert.Equal(28, exception.HResult);
        Assert.Equal("before", File.ReadAllText(Target));
        Assert.Equal([Target], Directory.GetFiles(_directory));
    }

    [Fact]
    public void A_failure_that_is_not_the_disks_is_passed_on_and_leaves_nothing()
    {
        Assert.Throws<NotSupportedException>(() => AtomicFile.Write(Target, _ => throw new NotSupportedException()));
        Assert.Empty(Directory.GetFiles(_directory));
    }

    [Fact]
    public void A_folder_that_is_not_there_is_named()
    {
        File.WriteAllText(Target, "");
        var below = Path.Combine(Target, "below");
        var message = Assert.Throws<IOException>(() => AtomicFile.Write(below, _ => Assert.Fail("written"))).Message;
        Assert.StartsWith(
            $"'{below}' could not be written, and what was there before is whole: expected a folder that files can be made in, on a disk "
                + "with room for them; found: ",
            message,
            StringComparison.Ordinal);
        Assert.StartsWith(
            $"'{below}' could not be written",
            Assert.Throws<IOException>(() => AtomicFile.Probe(below)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_next_writer_removes_what_a_killed_one_left_and_nothing_else()
    {
        var left = Unfinished("a file");
        var others =
            new[] { Unfinished("another file"), Path.Combine(_directory, "a file.tmp"), Path.Combine(_directory, "a file.notes.tmp") };
        foreach (var file in others)
            File.WriteAllText(file, "kept");
        File.WriteAllText(left, "half");
        AtomicFile.Write(Target, stream => stream.Write("whole"u8));
        Assert.Equal(others.Append(Target).Order(), Directory.GetFiles(_directory).Order());

        File.WriteAllText(left, "half");
        AtomicFile.Probe(Target);
        Assert.Equal(others.Append(Target).Order(), Directory.GetFiles(_directory).Order());
        Assert.Equal("whole", File.ReadAllText(Target));
    }

    [Fact]
    public void A_writer_that_lives_keeps_its_unfinished_file()
    {
        AtomicFile.Write(Target, outer =>
        {
            outer.Write("outer"u8);
            outer.Flush();
            AtomicFile.Write(Target, inner => inner.Write("inner"u8));
            Assert.Equal("inner", File.ReadAllText(Target));
            Assert.Equal(2, Directory.GetFiles(_directory).Length);
        });
        Assert.Equal("outer", File.ReadAllText(Target));
        Assert.Equal([Target], Directory.GetFiles(_directory));
    }

    [Fact]
    public void An_empty_unfinished_file_may_be_one_that_is_about_to_be_written()
    {
        var empty = Unfinished("a file");
        File.WriteAllText(empty, "");
        AtomicFile.RemoveLeftovers(Target);
        Assert.True(File.Exists(empty));

        File.SetLastWriteTimeUtc(empty, File.GetLastWriteTimeUtc(empty).AddMinutes(-2));
        AtomicFile.RemoveLeftovers(Target);
        Assert.False(File.Exists(empty));
    }

    private string Unfinished(string name) => Path.Combine(_directory, $"{name}.{Guid.NewGuid():N}.tmp");
}
