using System.CommandLine;
using TfKd.Tests;
using TfKd.Tool;

namespace TfKd.MLNet.Tests;

/// <summary>What the pages say of the command line is one.</summary>
public sealed class CommandLinePageTests : IDisposable
{
    private const string Guide = "examples/guides/command-line.md";

    private readonly TemporaryFolder _folder = new();
    private readonly CommonOptions _common = new();
    private readonly RootCommand _root;

    public CommandLinePageTests() => _root = ToolCommand.Create(new ToolStreams(TextWriter.Null, TextWriter.Null, false), _common);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Guide)]
    [InlineData("src/TfKd.Tool/PACKAGE.md")]
    public void Every_command_of_a_page_is_one(string path)
    {
        var page = MarkdownPage.Read(path);
        var lines = CommandsOf(page);
        Assert.NotEmpty(lines);
        Assert.All(lines, line => Assert.Empty(ErrorsOf(line, page)));
    }

    [Fact]
    public void A_command_that_is_none_is_found()
    {
        var page = MarkdownPage.Parse("```\ntfkd train --dataset x --epoch 3\n```");
        Assert.NotEmpty(ErrorsOf(CommandsOf(page).Single(), page));
    }

    [Fact]
    public void The_guide_names_every_option()
    {
        var text = File.ReadAllText(Repository.PathOf(Guide));
        var options = _root.Subcommands.SelectMany(command => command.Options)
            .Concat(_root.Options)
            .Where(option => option is not (System.CommandLine.Help.HelpOption or VersionOption))
            .Select(option => option.Name);
        Assert.DoesNotContain(options, name => !text.Contains(name, StringComparison.Ordinal));
    }

    [Fact]
    public void The_guide_s_exit_codes_are_the_tool_s() => Assert.Equal(
        [ExitCode.Success, ExitCode.Failure, ExitCode.Usage, ExitCode.Interrupted],
        MarkdownPage.Read(Guide).Section("In scripts").FirstCells.Where(cell => int.TryParse(cell, out _)).Select(int.Parse));

    private static string[] CommandsOf(MarkdownPage page) =>
    [
        .. page.Blocks.SelectMany(block => block.Text.Split('\n')).Where(line => line.StartsWith("tfkd ", StringComparison.Ordinal)),
    ];

    /// <summary>A settings file is the page's.</summary>
    private IEnumerable<string> ErrorsOf(string line, MarkdownPage page)
    {
        var arguments = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..];
        var parsed = _root.Parse(arguments);
        if (parsed.GetValue(_common.Settings) is not null)
        {
            var file = _folder.File("settings.json");
            File.WriteAllText(file, page.Blocks.Single(block => block.Language == "json").Text);
            parsed = _root.Parse([.. arguments, .. SettingsFile.ToArguments(parsed, _common.Settings, file)]);
        }

        return parsed.Errors.Select(error => error.Message);
    }
}
