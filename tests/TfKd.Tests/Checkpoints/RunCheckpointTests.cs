using System.Security.Cryptography;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>The file of a run's checkpoint by itself: what it takes for one of its own, and what it says of others.</summary>
public sealed class RunCheckpointTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("tfkd-checkpoint-").FullName;

    private string FilePath => Path.Combine(_directory, "checkpoint.safetensors");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_folder_that_went_away_is_made_again()
    {
        var checkpoint = new RunCheckpoint(Path.Combine(_directory, "below", "it"), ("seed", 1));
        using var saved = tensor(new[] { 1f, 2f });
        checkpoint.Save([Part("a.", saved)], "here");

        using var loaded = zeros(2);
        Assert.Equal("here", checkpoint.TryLoad([Part("a.", loaded)]));
        Assert.Equal([1f, 2f], loaded.data<float>().ToArray());
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("state", "state")]
    [InlineData("identity", "identity")]
    [InlineData("other,plan", "other, plan")]
    public void A_file_of_something_else_is_called_that(string keys, string found)
    {
        Write(keys.Split(',', StringSplitOptions.RemoveEmptyEntries).ToDictionary(key => key, _ => "text"));
        Assert.Equal(
            $"'{FilePath}' is not the checkpoint of a run: expected the texts 'identity' and 'state' in it, found [{found}].",
            Assert.Throws<InvalidDataException>(() => Checkpoint().TryLoad([])).Message);
    }

    [Theory]
    [InlineData("TfKd identity 1\nseed: 1", false)]
    [InlineData("TfKd identity 10\nseed: 1", true)]
    [InlineData("seed: 1", true)]
    public void A_checkpoint_of_another_version_is_called_that(string identity, bool withChecksum)
    {
        var texts = new Dictionary<string, string> { ["identity"] = identity, ["state"] = "here" };
        if (withChecksum)
        {
            using var content = new MemoryStream();
            SafeTensors.Write(content, [], texts);
            texts["checksum"] = Convert.ToHexStringLower(SHA256.HashData(content.ToArray()));
        }

        Write(texts);
        Assert.Equal(
            $"'{FilePath}' is a checkpoint of another version of this library, which told plans apart in another way; choose another "
                + "folder, or delete it.",
            Assert.Throws<InvalidOperationException>(() => Checkpoint().TryLoad([])).Message);
    }

    [Fact]
    public void What_may_be_extended_is_asked_for_by_its_default_where_the_checkpoint_leaves_it_out()
    {
        var plan = new TrainingPlan();
        new RunCheckpoint(_directory, ("plan", plan)).Save([], "here");

        var asked = new List<string>();
        var extended = new RunCheckpoint(_directory, ("plan", plan with { MaxEpochs = plan.MaxEpochs + 1 }))
        {
            Extendable = ("plan.MaxEpochs", Allow),
        };
        Assert.Equal("here", extended.TryLoad([]));
        Assert.Equal([$"{plan.MaxEpochs}"], asked);

        string? Allow(string value)
        {
            asked.Add(value);
            return null;
        }
    }

    [Fact]
    public void A_folder_that_is_in_use_or_cannot_be_written_says_so_in_the_systems_own_number()
    {
        using (RunCheckpoint.Prepare(_directory))
        {
            var system = Assert.Throws<IOException>(
                () => new FileStream(Path.Combine(_directory, "checkpoint.lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None));
            Assert.Equal(system.HResult, Assert.Throws<IOException>(() => RunCheckpoint.Prepare(_directory)).HResult);
        }

        // No file can lie below a file.
        File.WriteAllText(FilePath, "");
        var missing = Assert.ThrowsAny<IOException>(() => Directory.CreateDirectory(Path.Combine(FilePath, "below")));
        Assert.Equal(
            missing.HResult, Assert.Throws<IOException>(() => RunCheckpoint.Prepare(Path.Combine(FilePath, "below"))).HResult);
    }

    [Fact]
    public void A_run_begins_with_removing_what_a_killed_one_left_unfinished()
    {
        var left = $"{FilePath}.{Guid.NewGuid():N}.tmp";
        File.WriteAllBytes(left, [1, 2, 3]);
        RunCheckpoint.Prepare(_directory).Dispose();
        Assert.False(File.Exists(left));
    }

    [Fact]
    public void Neither_a_snapshot_nor_an_optimisers_state_leaves_tensors()
    {
        using var network = new SmallCnn { InputShape = new ImageShape(3, 16, 16), Width = 4 }.Build(2);
        using var optimizer = optim.SGD(network.parameters(), 0.1, momentum: 0.9);
        using (var scope = NewDisposeScope())
        {
            network.call(TestNetworks.Pixels(2, network.Architecture.InputShape)).sum().backward();
            optimizer.step();
        }

        var before = LiveTensors.Settle();
        using (var scope = NewDisposeScope())
        {
            var state = OptimizerTensors.Read(optimizer).ToDictionary(entry => entry.Key, entry => entry.Value.clone());
            Assert.NotEmpty(state);
            OptimizerTensors.Apply(optimizer, state);
            WeightSnapshot.Of(network).Dispose();
        }

        Assert.Equal(before, LiveTensors.Count);
    }

    private RunCheckpoint Checkpoint() => new(_directory, ("seed", 1));

    private void Write(Dictionary<string, string> texts)
    {
        using var file = File.Create(FilePath);
        SafeTensors.Write(file, [], texts);
    }

    private static CheckpointPart Part(string prefix, Tensor values) => new(
        prefix, () => [KeyValuePair.Create("values", values)], tensors => values.copy_(tensors["values"]));
}
