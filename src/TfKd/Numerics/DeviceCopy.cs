using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Brings what is in memory to a network's device. To a graphics card it goes from memory that stays where it is, so that the program does
/// not wait until the card has come so far.
/// </summary>
internal static class DeviceCopy
{
    /// <summary>Makes a tensor of numbers.</summary>
    public static Tensor Of(long[] values, Device device) => Send(tensor(values, device: CPU), device);

    /// <inheritdoc cref="Of(long[], Device)"/>
    public static Tensor Of(float[] values, Device device) => Send(tensor(values, device: CPU), device);

    /// <inheritdoc cref="Of(long[], Device)"/>
    public static Tensor Of(bool[] values, Device device) => Send(tensor(values, device: CPU), device);

    /// <inheritdoc cref="Of(long[], Device)"/>
    public static Tensor Of(double[] values, ScalarType type, Device device) => Send(tensor(values, type, CPU), device);

    /// <summary>A tensor on another device; where it is already, an alias.</summary>
    public static Tensor To(Tensor values, Device device) => device.type == DeviceType.CUDA && values.device.type == DeviceType.CPU
        ? Pinned(values).to(device, non_blocking: true)
        : values.to(device);

    /// <summary>Puts a tensor where it can be copied from without waiting, where that matters for the device; takes it over.</summary>
    public static Tensor Prepare(Tensor values, Device device)
    {
        if (device.type != DeviceType.CUDA)
            return values;
        using (values)
            return Pinned(values);
    }

    private static Tensor Send(Tensor made, Device device) => device.type == DeviceType.CPU ? made : To(made, device);

    // What is pinned already stays where it is.
    private static Tensor Pinned(Tensor values) => values.pin_memory();
}
