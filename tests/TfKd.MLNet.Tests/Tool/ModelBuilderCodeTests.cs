using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.ML;
using Microsoft.ML.Data;
using TfKd.Tests;
using TfKd.Tool;

namespace TfKd.MLNet.Tests;

/// <summary>The code that 'tfkd train --code' writes.</summary>
public sealed class ModelBuilderCodeTests(TrainedByTool trained) : IClassFixture<TrainedByTool>
{
    private const string ExampleRecipe = """
        new()
            {
                Network = new SmallCnn(),
                Objective = new TfKdRegularization { Alpha = 0.1, Temperature = 20 },
                MaxEpochs = epochs,
            }
        """;

    private const string TagsRecipe = """
        new()
            {
                Network = new SmallCnn(),
                Labels = new MultipleLabels { Separator = Separator },
                Objective = new BinaryCrossEntropy(),
                MaxEpochs = epochs,
                ValidationSetFraction = 0.2f,
            }
        """;

    [Fact]
    public void The_examples_are_what_the_templates_yield()
    {
        var (one, several) = (ExampleRecipe.ReplaceLineEndings("\n"), TagsRecipe.ReplaceLineEndings("\n"));
        var code = new ModelBuilderCode("ModelBuilder", "SignClassifier", "SignClassifier.mlnet", 20, one);
        var ofSeveral = new ModelBuilderCode("ModelBuilder", "TagClassifier", "TagClassifier.mlnet", 20, several)
        {
            Separator = ";",
        };
        Assert.Equal([3, 3], [code.Files.Count, ofSeveral.Files.Count]);
        Assert.All(code.Files.Concat(ofSeveral.Files), file => Assert.Equal(
            File.ReadAllText(Repository.PathOf($"examples/ModelBuilder/{file.Name}")).ReplaceLineEndings("\n"), file.Text));
    }

    [Fact]
    public void The_code_of_a_recipe_compiles_and_has_its_settings()
    {
        (string Name, TrainingRecipe Recipe)[] recipes =
        [
            ("Frozen", TrainingRecipe.Of(RecipeName.Frozen, 160)),
            ("FineTuned", TrainingRecipe.Of(RecipeName.FineTuned, 160)),
            ("FineTunedAndValidated", TrainingRecipe.Of(RecipeName.FineTuned, 160, epochs: 3, validation: 0.2)),
            ("Student", TrainingRecipe.Of(RecipeName.Student, 160)),
            ("TaughtStudent", TrainingRecipe.Of(RecipeName.TaughtStudent, 160, epochs: 5)),
            ("Scratch", TrainingRecipe.Of(RecipeName.Scratch, 160, epochs: 7, validation: 0.25)),
            ("BalancedStudent", TrainingRecipe.Of(RecipeName.Student, 160).WithBalancedClasses().WithoutDamaged()),
            ("BalancedTags", TrainingRecipe.Of(RecipeName.Scratch, 160, separator: ";").WithBalancedClasses()),
            ("FrozenTags", TrainingRecipe.Of(RecipeName.Frozen, 160, separator: "|")),
            ("StudentTags", TrainingRecipe.Of(RecipeName.Student, 160, separator: "\\\"")),
            ("ScratchTags", TrainingRecipe.Of(RecipeName.Scratch, 160, validation: 0.25, separator: ", ")),
        ];
        var files = recipes.SelectMany(
            entry => new ModelBuilderCode("PhotoModels", entry.Name, "model.zip", entry.Recipe.Options.MaxEpochs, entry.Recipe.Code)
            {
                Separator = entry.Recipe.Options.Labels?.Separator,
            }.Files)
            .Select(file => ModelBuilderCode.WithHeader(file.Text)).ToList();
        Assert.All(files, text => Assert.DoesNotMatch("SignClassifier|TagClassifier", text));
        var assembly = Compile(files);
        foreach (var (name, recipe) in recipes)
        {
            var options = (TorchImageClassificationTrainer.Options)assembly.GetType($"PhotoModels.{name}")!
                .GetMethod("Recipe", BindingFlags.NonPublic | BindingFlags.Static)!.Invoke(null, [recipe.Options.MaxEpochs])!;
            Assert.Equal(recipe.Options.ToPlan().ToString(), options.ToPlan().ToString());
            Assert.Equal(recipe.Options.Labels?.Separator, options.Labels?.Separator);
            Assert.Equal(recipe.Options.Network, options.Network);
            Assert.Equal(recipe.Options.ValidationSetFraction, options.ValidationSetFraction);
            Assert.Equal(recipe.Options.MaxEpochs, options.MaxEpochs);
            Assert.Equal(recipe.Options.UndecodableImages, options.UndecodableImages);
        }
    }

    [Fact]
    public async Task The_code_of_a_model_predicts_what_the_tool_predicts()
    {
        var files = Directory.GetFiles(trained.Folder, "*.cs");
        Assert.Equal(3, files.Length);
        var type = Compile(files.Select(File.ReadAllText)).GetType("PhotoModels.Signs")!;
        type.GetProperty("MLNetModelPath")!.SetValue(null, trained.Model);
        var input = Activator.CreateInstance(type.GetNestedType("ModelInput")!)!;
        input.GetType().GetProperty("ImageSource")!.SetValue(input, File.ReadAllBytes(trained.Photo));
        var output = type.GetMethod("Predict", [input.GetType()])!.Invoke(null, [input])!;

        var expected = (await ToolRun.Of("predict", "--model", trained.Model, trained.Photo, "--json")).MustSucceed().Json[0];
        Assert.Equal(expected.GetProperty("label").GetString(), output.GetType().GetProperty("PredictedLabel")!.GetValue(output));
        Assert.Equal(
            expected.GetProperty("score").GetDouble(), ((float[])output.GetType().GetProperty("Score")!.GetValue(output)!).Max(), 1e-5);
    }

    [Fact]
    public void The_code_of_a_model_reads_a_list_as_it_reads_a_folder()
    {
        var ml = new MLContext();
        var folder = Read(trained.Photos);
        var list = Path.Combine(trained.Folder, "photos.csv");
        File.WriteAllLines(list, ["path,label", .. folder.GetColumn<string>("ImagePath").Zip(
            folder.GetColumn<string>("Label"), (path, label) => $"{Path.GetRelativePath(trained.Folder, path)},{label}")]);
        var listed = Read(list);
        Assert.Equal(folder.GetColumn<string>("Label"), listed.GetColumn<string>("Label"));
        Assert.Equal(folder.GetColumn<byte[]>("ImageSource"), listed.GetColumn<byte[]>("ImageSource"));

        IDataView Read(string source) => (IDataView)Compile(Directory.GetFiles(trained.Folder, "*.cs").Select(File.ReadAllText))
            .GetType("PhotoModels.Signs")!.GetMethod("LoadImageFromFolder")!.Invoke(null, [ml, source])!;
    }

    // With nothing that a project would add: neither implicit usings nor nullable annotations.
    internal static Assembly Compile(IEnumerable<string> sources)
    {
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path));
        var compilation = CSharpCompilation.Create(
            $"Generated{Guid.NewGuid():N}",
            sources.Select(text => CSharpSyntaxTree.ParseText(text, new CSharpParseOptions(LanguageVersion.CSharp12))),
            references,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        using var stream = new MemoryStream();
        var result = compilation.Emit(stream);
        Assert.Empty(result.Diagnostics.Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning).Select(d => d.ToString()));
        return Assembly.Load(stream.ToArray());
    }
}
