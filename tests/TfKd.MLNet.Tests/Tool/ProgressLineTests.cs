using TfKd.Tool;

namespace TfKd.MLNet.Tests;

public sealed class ProgressLineTests
{
    [Fact]
    public void On_a_terminal_it_is_one_line_that_is_written_over_and_taken_away()
    {
        using var error = new StringWriter();
        var line = new ProgressLine(new ToolStreams(TextWriter.Null, error, ErrorIsTerminal: true), () => 200);
        line.Show("epoch 1 of 2", 0.5, TimeSpan.FromSeconds(75), matters: true);
        line.Show("epoch 2 of 2", 1, null, matters: true);
        line.Clear();
        line.Clear();
        Assert.Equal(
            "\r[############............]  50 % epoch 1 of 2, 1:15 min left\e[K\r[########################] 100 % epoch 2 of 2\e[K\r\e[K",
            error.ToString());
    }

    [Fact]
    public void It_is_no_wider_than_the_terminal()
    {
        using var error = new StringWriter();
        new ProgressLine(new ToolStreams(TextWriter.Null, error, ErrorIsTerminal: true), () => 20).Show("epoch", 0.5, null);
        Assert.Equal("\r[############......\e[K", error.ToString());
    }

    [Fact]
    public void In_a_file_it_is_plain_lines_and_only_those_that_matter_follow_one_another()
    {
        using var error = new StringWriter();
        var line = new ProgressLine(new ToolStreams(TextWriter.Null, error, ErrorIsTerminal: false), () => 200);
        line.Show("64 of 200 photos", 0.32, TimeSpan.FromHours(1.5));
        line.Show("epoch 1 of 2", 0.5, null, matters: true);
        line.Clear();
        Assert.Equal(
            $"64 of 200 photos: 32 %, 1:30:00 h left{Environment.NewLine}epoch 1 of 2: 50 %{Environment.NewLine}", error.ToString());
    }

    [Fact]
    public async Task A_message_does_not_stand_in_the_line()
    {
        using var error = new StringWriter();
        using var output = new ToolOutput(
            new ToolStreams(TextWriter.Null, error, ErrorIsTerminal: true), new(Verbosity.Minimal, false, null));
        output.Progress("epoch", 0.5, null);
        output.Say("Something.");
        await error.FlushAsync();
        Assert.EndsWith($"\e[K\r\e[KSomething.{Environment.NewLine}", error.ToString(), StringComparison.Ordinal);
    }
}
