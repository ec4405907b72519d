using System.Security.Cryptography;
using System.Text;

namespace TfKd.Tests;

/// <summary>Keys and shapes of weight files against those of the reference implementations.</summary>
public sealed class ReferenceKeyTests
{
    /// <summary>
    /// Architecture, classes, and SHA-256 of the lines 'key [shape]' of the reference's state dict in ordinal order, joined by line feeds:
    /// torchvision 0.14.1, and xternalz/WideResNet-pytorch. For ResNeXt29, whose keys are torchvision's for such a network, those of the
    /// code of Yuan et al. (CVPR 2020) after stage_L.stage_L_bottleneck_I.conv_reduce and so on were named layerL.I.conv1.
    /// </summary>
    public static TheoryData<NetworkArchitecture, int, string> References => new()
    {
        { new WideResNet { Depth = 16, WidenFactor = 1 }, 10, "3591d77fb77ab164ae31fc17931fff503e562beeda168cd871081ff85df6187b" },
        { new WideResNet { Depth = 16, WidenFactor = 2 }, 10, "f6599727f61b8e0ba4d83ce4ed8eb3d63c7359dee087ee222e36fc2daa3f2fb7" },
        { new WideResNet { Dropout = 0.3 }, 100, "a932c572b250b899f25c87474547ba06db0b4b4728b33fc1e4e42d9af12a141d" },
        { new ResNeXt29(), 100, "111a63ace5db0be7bfc98f8d340dec21ada507937cca6194d5d6aacf7ff4cb06" },
        { new MobileNetV2(), 1000, "151aab7d6a5a239db0b4635d136870359d3749fdee418b187a048831b9288855" },
        { new MobileNetV2 { CifarStem = true }, 1000, "151aab7d6a5a239db0b4635d136870359d3749fdee418b187a048831b9288855" },
        { new MobileNetV2 { WidthMultiplier = 0.35 }, 1000, "4be7480d39eb935633207529125eddbd8273d8e161ce27a4d66e15837a2bf5af" },
        { new MobileNetV2 { WidthMultiplier = 1.4 }, 1000, "363ef083b0860edb74728d37ec8ac48ec0d47a1033cb42131aa85be6aa4a4715" },
        { new ShuffleNetV2 { WidthMultiplier = 0.5 }, 1000, "59a29bd0a28e2898a0c70721aa60e446ed026dd2e4089fbea2583310ffae4ddf" },
        { new ShuffleNetV2(), 1000, "df521af49ccde687b3f15082912c4fdf627df0a31d7c126769e37ff3949c1fff" },
        { new ShuffleNetV2 { CifarStem = true }, 1000, "df521af49ccde687b3f15082912c4fdf627df0a31d7c126769e37ff3949c1fff" },
        { new ShuffleNetV2 { WidthMultiplier = 1.5 }, 1000, "1cab8e9e2c771e9cca7eb196265b1f00d2929620a711a0d21e49f9730c6d7117" },
        { new ShuffleNetV2 { WidthMultiplier = 2 }, 1000, "c5415a8698e84204af847776ec64f620dd9d1c0d13dd77a518a200ef832b9b0e" },
    };

    [Theory]
    [MemberData(nameof(References), DisableDiscoveryEnumeration = true)]
    public void Keys_and_shapes_are_those_of_the_reference(NetworkArchitecture architecture, int classCount, string hash)
    {
        using var network = architecture.Build(classCount);
        var lines = network.Body
            .state_dict()
            .Select(entry => $"{entry.Key} [{string.Join(',', entry.Value.shape)}]")
            .Order(StringComparer.Ordinal);
        Assert.Equal(hash, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines)))));
    }
}
