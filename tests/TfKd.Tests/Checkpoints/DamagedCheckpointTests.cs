using System.Text;

namespace TfKd.Tests;

/// <summary>Checkpoints that are damaged, or missing, and folders that two runs want.</summary>
public sealed class DamagedCheckpointTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("tfkd-damaged-").FullName;

    private TrainingPlan Plan => WatchedRun.Plan with { CheckpointDirectory = _directory };

    private string Newest => Path.Combine(_directory, "checkpoint.safetensors");

    private string Before => Path.Combine(_directory, "checkpoint.before.safetensors");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("best.features")]
    [InlineData("student.features")]
    [InlineData("StopReason")]
    public void One_flipped_bit_is_found_and_the_checkpoint_before_is_used(string near)
    {
        var unbroken = WatchedRun.Run(Plan);
        Flip(Newest, near);
        var (messages, epochs) = (new List<string>(), 0);

        var result = WatchedRun.Run(Plan with { Callbacks = [Listener(messages, () => epochs++)] });

        Assert.Contains(messages, message => message.StartsWith($"'{Newest}'", StringComparison.Ordinal)
            && message.EndsWith($"The run goes on from the checkpoint before it, '{Before}'.", StringComparison.Ordinal));
        Assert.Equal(1, epochs);
        Assert.Equal(unbroken.History.Select(epoch => epoch.Validation), result.History.Select(epoch => epoch.Validation));
        // The damaged file did not take the place of the whole one.
        Flip(Newest, near);
        Assert.Equal(unbroken.BestEpoch, WatchedRun.Run(Plan).BestEpoch);
    }

    [Fact]
    public void Half_a_file_is_damaged_and_two_of_them_are_refused()
    {
        WatchedRun.Run(Plan);
        Halve(Newest);
        Assert.Equal(3, WatchedRun.Run(Plan).History.Count);
        Halve(Newest);
        Halve(Before);
        Assert.Contains(_directory, Assert.Throws<InvalidDataException>(() => WatchedRun.Run(Plan)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_the_newest_is_missing_the_one_before_is_used()
    {
        var unbroken = WatchedRun.Run(Plan);
        File.Delete(Newest);
        var messages = new List<string>();
        Assert.Equal(unbroken.BestEpoch, WatchedRun.Run(Plan with { Callbacks = [Listener(messages, () => { })] }).BestEpoch);
        Assert.Contains($"'{Newest}' is missing. The run goes on from the checkpoint before it, '{Before}'.", messages);
    }

    [Fact]
    public void A_second_run_in_the_folder_is_refused_while_the_first_is_at_work_and_not_after_it()
    {
        var refusals = new List<string>();
        var second = new WatchedRun.Watcher
        {
            EpochEnd = _ => refusals.Add(Assert.Throws<IOException>(() => WatchedRun.Run(Plan with { Seed = 6 })).Message),
        };

        WatchedRun.Run(Plan with { Callbacks = [second] });

        Assert.Equal(3, refusals.Count);
        Assert.All(refusals, message => Assert.Equal(
            $"CheckpointDirectory '{_directory}' is of no use: expected a folder that can be made and written to, found: another run is "
                + "using it; give each run a folder of its own, or wait until that one has ended.",
            message));
        Assert.Equal([Before, Newest], Directory.GetFiles(_directory).Order());
        Assert.Equal(3, WatchedRun.Run(Plan).History.Count);
    }

    private static RunListener Listener(List<string> messages, Action epochEnd) => new(messages, epochEnd);

    private static void Halve(string path) => File.WriteAllBytes(path, File.ReadAllBytes(path)[..^(int)(new FileInfo(path).Length / 2)]);

    // In the first value of a tensor, or in a text.
    private static void Flip(string path, string near)
    {
        var bytes = File.ReadAllBytes(path);
        var first = SafeTensors.ReadHeader(path).Tensors.FirstOrDefault(info => info.Name.StartsWith(near, StringComparison.Ordinal));
        var position = first is null
            ? bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(near))
            : sizeof(long) + BitConverter.ToInt64(bytes) + first.Offset;
        bytes[position] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    private sealed class RunListener(List<string> messages, Action epochEnd) : TrainingCallback
    {
        public override void OnEpochEnd(TrainingState state) => epochEnd();

        public override void OnMessage(string message, bool isWarning) => messages.Add(message);
    }
}
