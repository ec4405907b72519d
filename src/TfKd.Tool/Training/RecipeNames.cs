namespace TfKd.Tool;

/// <summary>The names of recipes on a command line.</summary>
internal static class RecipeNames
{
    private static readonly (RecipeName Recipe, string Name)[] _names =
    [
        (RecipeName.Frozen, "frozen"), (RecipeName.FineTuned, "fine-tuned"), (RecipeName.Student, "student"),
        (RecipeName.Scratch, "scratch"),
    ];

    /// <summary>The name of a recipe.</summary>
    public static string Of(RecipeName recipe) => _names.First(pair => pair.Recipe == recipe).Name;

    /// <summary>The recipe of a name.</summary>
    public static RecipeName Recipe(string name) => _names.First(pair => pair.Name == name).Recipe;
}
