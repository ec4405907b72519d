using Microsoft.ML.Runtime;
using TorchSharp;

namespace TfKd.MLNet;

/// <summary>
/// Where a Fit computes: as the options say, or else as the MLContext says, by the properties that ML.NET's trainers honour.
/// </summary>
internal static class TrainingDevice
{
    /// <param name="chosen">The device of the options; null: they leave it to the context.</param>
    /// <param name="environment">The context, with GpuDeviceId and FallbackToCpu.</param>
    /// <param name="warn">Told where a graphics card is asked for, and the CPU is used.</param>
    /// <exception cref="InvalidOperationException">
    /// The card that the context asks for cannot be used, and FallbackToCpu is false.
    /// </exception>
    public static torch.Device? Choose(torch.Device? chosen, IHostEnvironment environment, Action<string> warn)
    {
        if (chosen is not null || environment is not IHostEnvironmentInternal { GpuDeviceId: { } index } context)
            return chosen;
        TorchRuntime.EnsureLoaded();
        var device = new torch.Device($"cuda:{index}");
        if (TorchRuntime.CanUse(device))
            return device;
        var problem = $"MLContext.GpuDeviceId is {index}, but that device cannot be used: {TorchRuntime.WhyNot()}";
        if (!context.FallbackToCpu)
            throw new InvalidOperationException($"{problem} With FallbackToCpu set to true, the CPU is used instead.");
        warn($"{problem} The CPU is used instead.");
        return null;
    }
}
