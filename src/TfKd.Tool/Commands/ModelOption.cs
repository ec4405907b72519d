using System.CommandLine;

namespace TfKd.Tool;

/// <summary>The option of commands that use a model.</summary>
internal static class ModelOption
{
    public static Option<string> Create() => OptionBuilder.Path(
        "--model", "FILE", "The model: model.zip of 'tfkd train', or what Model.Save wrote of a pipeline.", required: true);
}
