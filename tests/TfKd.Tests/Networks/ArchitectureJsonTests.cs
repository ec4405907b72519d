using System.Text.Json;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class ArchitectureJsonTests
{
    public static TheoryData<NetworkArchitecture> Architectures => new((NetworkArchitecture[])[
        new SmallCnn(),
        new SmallCnn { Width = 8, InputShape = new ImageShape(1, 16, 24) },
        new CifarResNet { Depth = 32, Width = 4 },
        new DenseNet { Depth = 169, GrowthRate = 12, CifarStem = true, Dropout = 0.2 },
        new GoogLeNet { CifarStem = true, Dropout = 0.4 },
        new SqueezeNet { Version = 1.1, CifarStem = true, Dropout = 0.1 },
        new Vgg { Depth = 19, PoolSize = 1, HiddenUnits = 512, Dropout = 0 },
        new ResNet { Depth = 50 },
        new WideResNet { Depth = 40, WidenFactor = 2, Dropout = 0.3 },
        new ResNeXt29 { Cardinality = 16, BaseWidth = 32 },
        new MobileNetV2 { WidthMultiplier = 1.4, Dropout = 0.5, CifarStem = true },
        new ShuffleNetV2 { WidthMultiplier = 1.5, CifarStem = true, InputShape = new ImageShape(1, 28, 28) },
        new MobileNetV3 { Size = MobileNetV3Size.Small, WidthMultiplier = 0.75, Dropout = 0.1 },
        new EfficientNet { WidthMultiplier = 1.1, DepthMultiplier = 1.2, Dropout = 0.3, StochasticDepth = 0.1 },
        new ConvNeXt { Width = 128, ThirdStageBlocks = 27, StochasticDepth = 0.5 },
        new VisionTransformer { PatchSize = 8, Width = 192, HeadWidth = 32, Blocks = 6, Dropout = 0.1, AttentionDropout = 0.2 },
        new ProjectedNetwork(new SmallCnn { Width = 8 }) { Channels = 24, InputShape = new ImageShape(1, 16, 24) },
        new ProjectedNetwork(new ProjectedNetwork(new Own { Rate = 0.2 })),
        new Own { Flavour = Flavour.Sweet, Rate = 0.1, Sizes = [1, 2] },
    ]);

    [Theory]
    [MemberData(nameof(Architectures), DisableDiscoveryEnumeration = true)]
    public void Architecture_comes_back_from_its_json(NetworkArchitecture architecture)
    {
        var text = ArchitectureJson.Write(architecture).GetRawText();
        var read = ArchitectureJson.Read(Parse(text));
        Assert.Equal(architecture.GetType(), read.GetType());
        Assert.Equal(architecture.ToString(), read.ToString());
        Assert.Equal(text, ArchitectureJson.Write(read).GetRawText());
    }

    [Fact]
    public void Own_types_are_named_simply_and_others_with_their_assembly()
    {
        Assert.Equal(
            """{"Type":"SmallCnn","Width":16,"InputShape":{"Channels":3,"Height":32,"Width":32}}""",
            ArchitectureJson.Write(new SmallCnn()).GetRawText());
        Assert.StartsWith(
            """{"Type":"TfKd.Tests.ArchitectureJsonTests\u002BOwn, TfKd.Tests",""",
            ArchitectureJson.Write(new Own()).GetRawText(),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"Type":"System.IO.FileInfo, System.Runtime","fileName":"x"}""", "'System.IO.FileInfo, System.Runtime' is no "
        + "architecture: expected a type that derives from NetworkArchitecture.")]
    [InlineData("""{"Type":"ProjectedNetwork","Backbone":{"Type":"ImageShape"},"Channels":3}""", "'ImageShape' is no architecture: "
        + "expected a type that derives from NetworkArchitecture.")]
    [InlineData("""{"Type":"ImageShape"}""", "'ImageShape' is no architecture: expected a type that derives from NetworkArchitecture.")]
    [InlineData("""{"Type":"NetworkArchitecture"}""", "'NetworkArchitecture' is no architecture: expected a type that derives from "
        + "NetworkArchitecture.")]
    [InlineData("""{"Type":"Transformer9000"}""", "The architecture 'Transformer9000' is not to be found; expected a network of this "
        + "version of TfKd, or a type of an assembly that the application references.")]
    [InlineData("""{"Type":"A.B, No.Such.Assembly"}""", "The architecture 'A.B, No.Such.Assembly' is not to be found; expected a network "
        + "of this version of TfKd, or a type of an assembly that the application references.")]
    [InlineData("""{"Width":3}""", "An architecture must be an object with the text property Type, but is {\"Width\":3}.")]
    public void Json_of_something_else_is_refused(string json, string message) =>
        Assert.Equal(message, Assert.Throws<InvalidDataException>(() => ArchitectureJson.Read(Parse(json))).Message);

    [Theory]
    [InlineData("""{"Type":"SmallCnn","Widht":3}""", "Widht")]
    [InlineData("""{"Type":"SmallCnn","Width":0}""", "Width must be above 0")]
    [InlineData("""{"Type":"CifarResNet","Depth":"deep"}""", "Depth")]
    public void Property_that_does_not_fit_is_named(string json, string part) =>
        Assert.Contains(
            part, Assert.Throws<InvalidDataException>(() => ArchitectureJson.Read(Parse(json))).Message, StringComparison.Ordinal);

    private static JsonElement Parse(string json) => JsonSerializer.Deserialize<JsonElement>(json);

    internal enum Flavour
    {
        Sour,
        Sweet,
    }

    internal sealed record Own() : NetworkArchitecture(new ImageShape(3, 8, 8))
    {
        public Flavour Flavour { get; init; }

        public double Rate { get; init; }

        public int[] Sizes { get; init; } = [];

        protected override nn.Module<Tensor, Tensor> BuildBody(int classCount) => nn.Linear(1, classCount);
    }
}
