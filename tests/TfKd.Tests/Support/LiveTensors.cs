using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>
/// TorchSharp's count of its tensors. It grows by one for good with each parameter that is made, since a parameter takes the handle of the
/// tensor it is made of: compare counts between which no network is built.
/// </summary>
internal static class LiveTensors
{
    /// <summary>The count without what was left to the finalizers.</summary>
    public static long Settle()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Tensor.TotalCount;
    }

    /// <summary>The count with it.</summary>
    public static long Count => Tensor.TotalCount;
}
