using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace TfKd.Tests;

/// <summary>
/// What goes to a device, and what comes back. A tensor that is made names its device, or is meant for the CPU, which is where one is made
/// that names none: on the CPU a mistake is not seen, on a graphics card it ends the run. Numbers go there without waiting, and in a step
/// none is read, or the card has nothing to do until the next one.
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
        ["TfKd/Loop/HeadFit.cs"] = (4, OnCpu),
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

    // Before the first step of a run, or where one is resumed.
    private static readonly string[] _sentOnce =
    [
        "TfKd/Layers/Normalize.cs", "TfKd/Loop/DeviceProbe.cs", "TfKd/Objectives/LossLog.cs", "TfKd/Objectives/OtherClassRows.cs",
        "TfKd/Onnx/LeafTracer.cs", "TfKd/Teachers/ClassColumns.cs",
    ];

    private const string NotInStep = "before the first step, or between two epochs";
    private const string ReadLater = "of several steps at once, or where each is read";
    private const string Checked = "what others answer is checked batch by batch; fixed answers are kept";

    // Where steps are computed.
    private static readonly string[] _roomsOfSteps =
    [
        "TfKd/Augmentation/", "TfKd/Caching/", "TfKd/Layers/", "TfKd/Loop/", "TfKd/Mixing/", "TfKd/Networks/Blocks/", "TfKd/Objectives/",
        "TfKd/Optimization/", "TfKd/Teachers/",
    ];

    // Of a tensor; the last ones have as many results as their data say, so that the program waits to know.
    private static readonly HashSet<string> _reads =
    [
        "item", "data", "bytes", "cpu", "ToDouble", "ToSingle", "ToInt64", "ToInt32", "ToBoolean", "nonzero", "masked_select", "unique",
    ];

    /// <summary>Files of these rooms that read numbers, or wait for them: how often, and why.</summary>
    private static readonly Dictionary<string, (int Reads, string Reason)> _readers = new()
    {
        ["TfKd/Augmentation/RandomErasing.cs"] = (1, OnCpu),
        ["TfKd/Caching/CachedTeacher.cs"] = (4, Checked),
        ["TfKd/Loop/AveragedWeights.cs"] = (1, NotInStep),
        ["TfKd/Loop/BatchGradients.cs"] = (2, ReadLater),
        ["TfKd/Loop/ClassifierReuse.cs"] = (1, NotInStep),
        ["TfKd/Loop/DeviceProbe.cs"] = (2, NotInStep),
        ["TfKd/Loop/GlobalGenerator.cs"] = (1, OnCpu),
        ["TfKd/Loop/GradientBucket.cs"] = (1, ReadLater),
        ["TfKd/Loop/HeadFit.cs"] = (2, NotInStep),
        ["TfKd/Loop/IntegerTraining.cs"] = (1, NotInStep),
        ["TfKd/Loop/Learner.cs"] = (2, ReadLater),
        ["TfKd/Loop/NetworkCreation.cs"] = (3, NotInStep),
        ["TfKd/Loop/NonFiniteSearch.cs"] = (1, NotInStep),
        ["TfKd/Loop/ParameterGradients.cs"] = (2, NotInStep),
        ["TfKd/Loop/ProbeRows.cs"] = (7, NotInStep),
        ["TfKd/Loop/ProbeTargets.cs"] = (2, NotInStep),
        ["TfKd/Loop/ReplicaAgreement.cs"] = (4, ReadLater),
        ["TfKd/Loop/ResizedRows.cs"] = (2, OnCpu),
        ["TfKd/Loop/UnreadSteps.cs"] = (2, ReadLater),
        ["TfKd/Objectives/LossLog.cs"] = (2, ReadLater),
        ["TfKd/Objectives/TeacherClassifier.cs"] = (2, NotInStep),
        ["TfKd/Teachers/FileTeacher.cs"] = (1, NotInStep),
        ["TfKd/Teachers/TeacherAnswers.cs"] = (2, Checked),
        ["TfKd/Teachers/TrainedTeacher.cs"] = (2, Checked),
    };

    [Fact]
    public void A_tensor_that_is_made_names_its_device() => Assert.Equal(
        _allowed.Select(entry => $"{entry.Key}: {entry.Value.Calls}").Order(StringComparer.Ordinal),
        Repository.SourceFiles("src")
            .Select(path => (
                Name: Repository.NameInSource(path),
                Calls: Nameless(File.ReadAllText(path)).Count()))
            .Where(file => file.Calls > 0 && !_rooms.Any(room => file.Name.StartsWith(room, StringComparison.Ordinal)))
            .Select(file => $"{file.Name}: {file.Calls}").Order(StringComparer.Ordinal));

    /// <summary>Numbers that are sent as they become a tensor have the program wait until the card has come so far.</summary>
    [Fact]
    public void Numbers_go_to_a_device_by_one_way() => Assert.Equal(
        _sentOnce.Order(StringComparer.Ordinal),
        Repository.SourceFiles("src")
            .Where(path => Calls(File.ReadAllText(path)).Any(call => IsCalled(call, "tensor") && call.ArgumentList.Arguments.Any(NamesOther)))
            .Select(Repository.NameInSource).Order(StringComparer.Ordinal));

    [Fact]
    public void A_step_reads_nothing_from_its_device() => Assert.Equal(
        _readers.Select(entry => $"{entry.Key}: {entry.Value.Reads}").Order(StringComparer.Ordinal),
        Repository.SourceFiles("src")
            .Select(path => (Name: Repository.NameInSource(path), Path: path))
            .Where(file => _roomsOfSteps.Any(room => file.Name.StartsWith(room, StringComparison.Ordinal)))
            .Select(file => (file.Name, Reads: Reads(File.ReadAllText(file.Path))))
            .Where(file => file.Reads > 0)
            .Select(file => $"{file.Name}: {file.Reads}").Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("loss.item<float>()", 1)]
    [InlineData("loss.cpu().data<float>()", 2)]
    [InlineData("image.bytes[..4]", 1)]
    [InlineData("mask.nonzero()", 1)]
    [InlineData("data.sum()", 0)]
    [InlineData("loss.sum()", 0)]
    public void A_read_is_found(string expression, int expected) => Assert.Equal(expected, Reads($"_ = {expression};"));

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

    private static IEnumerable<InvocationExpressionSyntax> Nameless(string code) => Calls(code)
        .Where(call => _factories.Any(factory => IsCalled(call, factory)) && !call.ArgumentList.Arguments.Any(NamesDevice));

    private static IEnumerable<InvocationExpressionSyntax> Calls(string code) => Nodes(code).OfType<InvocationExpressionSyntax>();

    private static int Reads(string code) =>
        Nodes(code).OfType<MemberAccessExpressionSyntax>().Count(access => _reads.Contains(access.Name.Identifier.Text));

    private static IEnumerable<SyntaxNode> Nodes(string code) =>
        CSharpSyntaxTree.ParseText(code, new CSharpParseOptions(LanguageVersion.Preview)).GetRoot().DescendantNodes();

    private static bool IsCalled(InvocationExpressionSyntax call, string factory) => call.Expression switch
    {
        IdentifierNameSyntax name => name.Identifier.Text == factory,
        MemberAccessExpressionSyntax { Expression: IdentifierNameSyntax { Identifier.Text: "torch" }, Name: var name } =>
            name.Identifier.Text == factory,
        _ => false,
    };

    private static bool NamesOther(ArgumentSyntax argument) => NamesDevice(argument) && argument.Expression is not IdentifierNameSyntax
    {
        Identifier.Text: "CPU",
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
