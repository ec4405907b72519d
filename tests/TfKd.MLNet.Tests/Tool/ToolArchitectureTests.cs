using TfKd.Tests;
using TfKd.Tool;

namespace TfKd.MLNet.Tests;

/// <summary>What the compiler does not hold of the tool: the order of its folders, closed classes, short files.</summary>
public sealed class ToolArchitectureTests
{
    private static readonly string[] _rooms = ["Output", "Photos", "Models", "Code", "Training", "Commands", SourceRooms.Root];

    private static readonly SourceRooms _tool = new(typeof(ToolCommand).Assembly, "TfKd.Tool");

    [Fact]
    public void Every_type_is_in_a_known_room() => Assert.Empty(_tool.Strangers(_rooms));

    [Fact]
    public void A_folder_uses_only_folders_above_it() => Assert.Empty(_tool.UsesUpwards(_rooms));

    [Fact]
    public void The_folder_rule_can_fail() => Assert.NotEmpty(_tool.UsesUpwards([.. _rooms.Reverse()]));

    [Fact]
    public void The_page_of_the_source_lists_the_rooms_in_their_order() =>
        Assert.Equal(_rooms, MarkdownPage.Read("src/README.md").Section("Tool: src/TfKd.Tool").FirstCells);

    [Fact]
    public void Every_class_is_abstract_or_sealed() => Assert.Empty(_tool.OpenClasses);

    [Fact]
    public void No_type_is_public() => Assert.DoesNotContain(_tool.Types, type => type.IsPublic);

    [Fact]
    public void No_source_file_is_longer_than_250_lines() => Assert.DoesNotContain(
        Repository.SourceFiles("src/TfKd.Tool"), path => File.ReadLines(path).Count() > 250);
}
