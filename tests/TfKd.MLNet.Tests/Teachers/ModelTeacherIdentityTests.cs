using System.Reflection;

namespace TfKd.MLNet.Tests;

/// <summary>Teachers of the adapter, as parts of a plan, against its identity.</summary>
public sealed class ModelTeacherIdentityTests
{
    private static readonly Dictionary<string, (TeacherSource Plain, TeacherSource Other)> _pairs = new()
    {
        ["OnnxTeacher.Path"] = (new OnnxTeacher("a"), new OnnxTeacher("b")),
        ["OnnxTeacher.ClassNames"] = (new OnnxTeacher("a"), new OnnxTeacher("a") { ClassNames = ["x", "y"] }),
        ["OnnxTeacher.InputWidth"] = (new OnnxTeacher("a"), new OnnxTeacher("a") { InputWidth = 4 }),
        ["OnnxTeacher.InputHeight"] = (new OnnxTeacher("a"), new OnnxTeacher("a") { InputHeight = 4 }),
        ["OnnxTeacher.Normalization"] = (new OnnxTeacher("a"), new OnnxTeacher("a") { Normalization = ChannelStatistics.ImageNet }),
        ["OnnxTeacher.Output"] = (new OnnxTeacher("a"), new OnnxTeacher("a") { Output = TeacherOutput.Probabilities }),
        ["OnnxTeacher.InputName"] = (new OnnxTeacher("a"), new OnnxTeacher("a") { InputName = "i" }),
        ["OnnxTeacher.OutputName"] = (new OnnxTeacher("a"), new OnnxTeacher("a") { OutputName = "o" }),
        ["OnnxTeacher.Classes"] = (new OnnxTeacher("a"), new OnnxTeacher("a") { Classes = TeacherClasses.MayBeMore }),
        ["ScoreColumnTeacher.Column"] = (new ScoreColumnTeacher("a"), new ScoreColumnTeacher("b")),
        ["ScoreColumnTeacher.ClassNames"] = (new ScoreColumnTeacher("a"), new ScoreColumnTeacher("a") { ClassNames = ["x"] }),
        ["ScoreColumnTeacher.Output"] = (new ScoreColumnTeacher("a"), new ScoreColumnTeacher("a") { Output = TeacherOutput.Logits }),
        ["ScoreColumnTeacher.Classes"] =
            (new ScoreColumnTeacher("a"), new ScoreColumnTeacher("a") { Classes = TeacherClasses.MayBeMore }),
        ["ModelFileTeacher.Path"] = (new ModelFileTeacher("a"), new ModelFileTeacher("b")),
        ["ModelFileTeacher.Classes"] = (new ModelFileTeacher("a"), new ModelFileTeacher("a") { Classes = TeacherClasses.MayBeMore }),
    };

    public static TheoryData<string> Properties => [.. typeof(OnnxTeacher).Assembly.GetTypes()
        .Where(type => type.IsSubclassOf(typeof(TeacherSource)) && !typeof(IHasIdentity).IsAssignableFrom(type))
        .SelectMany(type => type.GetProperties(BindingFlags.Instance | BindingFlags.Public)
            // What is computed has no state of its own.
            .Where(property => property.CanWrite)
            .Select(property => $"{type.Name}.{property.Name}"))];

    [Theory]
    [MemberData(nameof(Properties))]
    public void Every_property_is_part_of_the_identity(string property)
    {
        Assert.True(_pairs.ContainsKey(property), $"No two values of {property} are listed.");
        Assert.Equal(Text(_pairs[property].Plain), Text(_pairs[property].Plain));
        Assert.NotEqual(Text(_pairs[property].Plain), Text(_pairs[property].Other));
    }

    [Fact]
    public void A_model_is_told_by_its_weights_and_its_onnx()
    {
        using var model = new TorchImageClassificationTransformer(TestModels.WithNetwork(), TestModels.Columns);
        using var other = new TorchImageClassificationTransformer(TestModels.WithMadeUpBytes(), TestModels.Columns);
        Assert.Equal(Text(new ModelTeacher(model)), Text(new ModelTeacher(model)));
        Assert.NotEqual(Text(new ModelTeacher(model)), Text(new ModelTeacher(other)));
        Assert.NotEqual(Text(new ModelTeacher(model)), Text(new ModelTeacher(model) { Classes = TeacherClasses.MayBeMore }));
        Assert.Contains($"TfKd.MLNet.ModelTeacher \"{model.Model.Card.WeightsSha256} {model.Model.Card.OnnxSha256}\"",
            Text(new ModelTeacher(model)), StringComparison.Ordinal);
    }

    private static string Text(TeacherSource teacher) => CanonicalText.Of(("Teacher", teacher));
}
