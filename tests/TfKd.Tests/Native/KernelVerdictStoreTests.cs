namespace TfKd.Tests;

public sealed class KernelVerdictStoreTests : IDisposable
{
    private static readonly ConvolutionSignature _signature = Stacks.Convolution(24, 12, 8);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static KernelVerdict Verdict(double error, ComputePath? path =
        null) => new(_signature.ToString(), path ?? ComputePath.Default, error, 2.5);

    private string SavedFile(double error = 1e-6)
    {
        var store = new KernelVerdictStore(_folder.Path, "machine A");
        store.Add(_signature, Verdict(error));
        store.Save();
        return Assert.Single(Directory.GetFiles(_folder.Path));
    }

    [Theory]
    [InlineData(1e-6)]
    [InlineData(0.4)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Verdict_comes_back_after_saving(double error)
    {
        SavedFile(error);

        Assert.Equal(Verdict(error), new KernelVerdictStore(_folder.Path, "machine A").Find(_signature, ComputePath.Default));
    }

    [Fact]
    public void Verdict_holds_for_its_machine_signature_and_path_only()
    {
        SavedFile();
        var same = new KernelVerdictStore(_folder.Path, "machine A");

        Assert.Null(new KernelVerdictStore(_folder.Path, "machine B").Find(_signature, ComputePath.Default));
        Assert.Null(same.Find(_signature, ComputePath.Trusted));
        Assert.Null(same.Find(_signature with { Batch = 5 }, ComputePath.Default));
        Assert.Null(same.Find(_signature with { NeedsInputGradient = false }, ComputePath.Default));
    }

    [Fact]
    public void Later_verdicts_join_the_earlier_ones()
    {
        SavedFile();
        var second = new KernelVerdictStore(_folder.Path, "machine A");
        second.Add(_signature, Verdict(0.5, ComputePath.Trusted));
        second.Save();

        var third = new KernelVerdictStore(_folder.Path, "machine A");
        Assert.NotNull(third.Find(_signature, ComputePath.Default));
        Assert.NotNull(third.Find(_signature, ComputePath.Trusted));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[1, 2]")]
    [InlineData("{ \"Machine\": \"machine A\", \"Verdicts\": null }")]
    [InlineData("{ \"Machine\": \"machine A\", \"Verdicts\": { \"a\": null } }")]
    public void Damaged_file_is_as_good_as_none_and_is_written_anew(string content)
    {
        var file = SavedFile();
        File.WriteAllText(file, content);
        Assert.Null(new KernelVerdictStore(_folder.Path, "machine A").Find(_signature, ComputePath.Default));

        SavedFile();
        Assert.NotNull(new KernelVerdictStore(_folder.Path, "machine A").Find(_signature, ComputePath.Default));
    }

    [Fact]
    public void File_cut_in_half_is_as_good_as_none()
    {
        var file = SavedFile();
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..(int)(new FileInfo(file).Length / 2)]);

        Assert.Null(new KernelVerdictStore(_folder.Path, "machine A").Find(_signature, ComputePath.Default));
    }

    [Fact]
    public void Folder_that_cannot_be_written_costs_no_more_than_the_memory()
    {
        var file = Path.Combine(_folder.Path, "a file where the folder should be");
        File.WriteAllText(file, "");
        var store = new KernelVerdictStore(Path.Combine(file, "tfkd"), "machine A");

        store.Add(_signature, Verdict(1e-6));
        store.Save();

        Assert.NotNull(store.Find(_signature, ComputePath.Default));
        Assert.Null(new KernelVerdictStore(Path.Combine(file, "tfkd"), "machine A").Find(_signature, ComputePath.Default));
    }

    [Fact]
    public void What_was_not_run_is_not_remembered()
    {
        var store = new KernelVerdictStore(_folder.Path, "machine A");

        Assert.Throws<ArgumentException>(() =>
            store.Add(_signature, new KernelVerdict("", ComputePath.Default, Error: null, Milliseconds: null)));
    }
}
