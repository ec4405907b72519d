using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace TfKd.Tests;

/// <summary>
/// A tensor that is made names its device, or is meant for the CPU, which is where one is made that names none. On the CPU a mistake is not
/// seen; on a graphics card it ends the run.
/// </summary>
public sealed class FactoryCallTests
{
    private const string Moved = "a parameter or buffer, moved with its module";
    private const string Stored = "read from a file, or on its way into one";
    private const string OnCpu = "made and used on the CPU, whatever the network's device is";
    private const string Sent = "made of what is in memory, then sent to the device by a call of its own";

    private static readonly HashSet<string> _factories =
    [
        "arange", "as_tensor", "empty", "eye", "frombuffer", "from_array", "full", "linspace", "logspace", "normal", "ones", "rand",
        "randint", "randn", "randperm", "scalar_tensor", "tensor", "zeros",
    ];

    // What is on its way into an ONNX file, or found in what was traced, which is copied out of the device.
    private static readonly string[] _rooms = ["TfKd/Onnx/Emitters/", "TfKd/Onnx/FunctionalCalls/"];

    /// <summary>Files with calls that name no device: how many, and why.</summary>
    private static readonly Dictionary<string, (int Calls, string Reason)> _allowed = new()
    {
        ["TfKd.MLNet/Scoring/TorchScorer.cs"] = (1, OnCpu),
        ["TfKd.MLNet/Teachers/OnnxTeacherModel.cs"] = (1, Sent),
        ["TfKd.MLNet/Training/ModelWeights.cs"] = (1, Sent),
        ["TfKd/Augmentation/RandomErasing.cs"] = (1, Sent),
        ["TfKd/Caching/CachedTeacher.cs"] = (1, Sent),
        ["TfKd/Checkpoints/OptimizerTensors.cs"] = (1, Stored),
        ["TfKd/Data/BatchLoader.cs"] = (3, Sent),
        ["TfKd/Layers/LayerNorm2d.cs"] = (2, Moved),
        ["TfKd/Layers/SelfAttention.cs"] = (2, Moved),
        ["TfKd/Loop/AveragedWeights.cs"] = (1, Stored),
        ["TfKd/Loop/GlobalGenerator.cs"] = (1, OnCpu),
        ["TfKd/Loop/GradientBucket.cs"] = (1, OnCpu),
        ["TfKd/Loop/HeadFit.cs"] = (5, OnCpu),
        ["TfKd/Loop/IntegerTraining.cs"] = (1, Stored),
        ["TfKd/Loop/ProbeRows.cs"] = (2, OnCpu),
        ["TfKd/Loop/ResizedRows.cs"] = (1, OnCpu),
        ["TfKd/Native/ConvolutionProbe.cs"] = (2, OnCpu),
        ["TfKd/Native/ConvolutionRecorder.cs"] = (1, OnCpu),
        ["TfKd/Networks/Blocks/ConvNeXtBlock.cs"] = (1, Moved),
        ["TfKd/Networks/Blocks/TransformerEncoder.cs"] = (1, Moved),
        ["TfKd/Networks/Blocks/VisionTransformerBody.cs"] = (1, Moved),
        ["TfKd/Networks/WeightFiles/SafeTensors.cs"] = (1, Stored),
        ["TfKd/Networks/WeightFiles/TorchStorages.cs"] = (1, Stored),
        ["TfKd/Objectives/BatchStandardization.cs"] = (2, Moved),
        ["TfKd/Objectives/ContrastiveState.cs"] = (4, Moved),
        ["TfKd/Objectives/CurriculumTemperatureKd.cs"] = (1, Moved),
        ["TfKd/Objectives/OnlineLabels.cs"] = (3, Moved),
        ["TfKd/Objectives/OverhaulState.cs"] = (2, Moved),
        ["TfKd/Objectives/VariationalState.cs"] = (1, Moved),
        ["TfKd/Onnx/OnnxCalibration.cs"] = (1, Stored),
        ["TfKd/Reports/HeatMap.cs"] = (1, Sent),
        ["TfKd/Transfer/LogisticRegression.cs"] = (2, OnCpu),
    };

    [Fact]
    public void A_tensor_that_is_made_names_its_device() => Assert.Equal(
        _allowed.Select(entry => $"{entry.Key}: {entry.Value.Calls}").Order(StringComparer.Ordinal),
        Repository.SourceFiles("src")
            .Select(path => (
                Name: Path.GetRelativePath(Repository.PathOf("src"), path).Replace('\\', '/'),
                Calls: Nameless(File.ReadAllText(path)).Count()))
            .Where(file => file.Calls > 0 && !_rooms.Any(room => file.Name.StartsWith(room, StringComparison.Ordinal)))
            .Select(file => $"{file.Name}: {file.Calls}").Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("zeros(3)", 1)]
    [InlineData("torch.zeros(3)", 1)]
    [InlineData("zeros(3, device: images.device)", 0)]
    [InlineData("tensor(values, shape, dtype, images.device)", 0)]
    [InlineData("empty(3, dtype, device)", 0)]
    [InlineData("empty(shape, type, CPU)", 0)]
    [InlineData("full(3, ones(2))", 2)]
    [InlineData("zeros_like(images)", 0)]
    [InlineData("text.full(3)", 0)]
    public void A_call_without_a_device_is_found(string call, int expected) => Assert.Equal(expected, Nameless($"_ = {call};").Count());

    private static IEnumerable<InvocationExpressionSyntax> Nameless(string code) =>
        CSharpSyntaxTree.ParseText(code, new CSharpParseOptions(LanguageVersion.Preview)).GetRoot()
            .DescendantNodes().OfType<InvocationExpressionSyntax>()
            .Where(call => IsFactory(call.Expression) && !call.ArgumentList.Arguments.Any(NamesDevice));

    private static bool IsFactory(ExpressionSyntax called) => called switch
    {
        IdentifierNameSyntax name => _factories.Contains(name.Identifier.Text),
        MemberAccessExpressionSyntax { Expression: IdentifierNameSyntax { Identifier.Text: "torch" }, Name: var name } =>
            _factories.Contains(name.Identifier.Text),
        _ => false,
    };

    private static bool NamesDevice(ArgumentSyntax argument)
    {
        var last = argument.Expression switch
        {
            IdentifierNameSyntax name => name.Identifier.Text,
            MemberAccessExpressionSyntax access => access.Name.Identifier.Text,
            _ => "",
        };
        return argument.NameColon?.Name.Identifier.Text == "device" || last is "CPU" or "device" or "Device" or "_device";
    }
}
