using TfKd.Tests;

namespace TfKd.MLNet.Tests;

/// <summary>What the compiler does not hold: the order of the adapter's folders, closed classes, short files.</summary>
public sealed class ArchitectureTests
{
    /// <summary>
    /// A folder uses itself and folders before it. Scoring stands before Models: it needs a graph, classes and columns, and no model, while
    /// a model's card has the time that scoring takes, and its file the columns.
    /// </summary>
    private static readonly string[] Rooms =
        ["Columns", "Images", "Scoring", "Models", "Serving", "Export", "Teachers", "Training", SourceRooms.Root];

    private static readonly SourceRooms Adapter = new(typeof(TorchImageClassificationTrainer).Assembly, "TfKd.MLNet");

    [Fact]
    public void Every_type_of_the_adapter_is_in_a_known_room() => Assert.Empty(Adapter.Strangers(Rooms));

    [Fact]
    public void A_folder_uses_only_folders_above_it() => Assert.Empty(Adapter.UsesUpwards(Rooms));

    [Fact]
    public void The_folder_rule_can_fail()
    {
        // A model opens its scorer: with Scoring after it, the rule must object.
        string[] reordered = [.. Rooms.Where(room => room != "Scoring"), "Scoring"];
        Assert.Contains(
            "TfKd.MLNet.TorchImageClassificationModel (Models) uses TfKd.MLNet.OnnxScorer (Scoring)", Adapter.UsesUpwards(reordered));
    }

    [Fact]
    public void A_type_in_an_unknown_room_is_found() => Assert.Contains(
        "TfKd.MLNet.TorchImageClassificationTransformer (root)", Adapter.Strangers(Rooms[..^1]));

    [Fact]
    public void The_page_of_the_source_lists_the_rooms_in_their_order() =>
        Assert.Equal(Rooms, MarkdownPage.Read("src/README.md").Section("Adapter: src/TfKd.MLNet").FirstCells);

    [Fact]
    public void Every_class_is_abstract_or_sealed() => Assert.Empty(Adapter.OpenClasses);

    [Fact]
    public void No_source_file_is_longer_than_250_lines()
    {
        var sources = Repository.SourceFiles("src/TfKd.MLNet").ToArray();
        Assert.Contains(sources, path => Path.GetFileName(path) == "TorchImageClassificationTrainer.cs");
        Assert.DoesNotContain(sources, path => File.ReadLines(path).Count() > 250);
    }
}
