using System.CommandLine;
using System.Text.Json.Nodes;
using TfKd.MLNet;

namespace TfKd.Tool;

/// <summary><c>tfkd report</c>.</summary>
internal static class ReportCommand
{
    public static Command Create(ToolAction action)
    {
        var model = ModelOption.Create();
        var command = new Command("report", "Says what a model is, what it was trained on, and how good it was: its card.") { model };
        action.Set(command, (parsed, output, _) =>
        {
            var loaded = ModelLoader.Load(parsed.GetRequiredValue(model));
            output.Result(() => ModelCardText.Markdown(loaded, latency: null), () => JsonNode.Parse(loaded.Card.ToJson())!);
            return ExitCode.Success;
        });
        return command;
    }
}
