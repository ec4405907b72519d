using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Whether libtorch computes convolutions and matrix products of this thread in bfloat16: its own switch, which TorchSharp does not bind.
/// Reached by the names that compilers of the Itanium ABI (all but MSVC) give the functions of <c>at::autocast</c>.
/// </summary>
internal static unsafe class Autocast
{
    // Of c10::ScalarType.
    private const sbyte BFloat16 = 15;

    private static readonly Lazy<Functions?> _functions = new(Find);

    // c10::DeviceType has the numbers that TorchSharp has.
    private static readonly Lazy<DeviceType[]> _devices = new(
        () => cuda.is_available() ? [DeviceType.CPU, DeviceType.CUDA] : [DeviceType.CPU]);

    /// <summary>Whether the switch was found.</summary>
    public static bool CanSwitch => _functions.Value is not null;

    /// <summary>Whether bfloat16 is on for this thread.</summary>
    public static bool Enabled
    {
        get => _functions.Value is { } found && found.IsEnabled((sbyte)DeviceType.CPU) != 0;
        set
        {
            if (_functions.Value is not { } found)
            {
                if (value)
                    throw new PlatformNotSupportedException("bfloat16 cannot be switched on in this build of libtorch.");
                return;
            }

            foreach (var device in _devices.Value)
            {
                if (value)
                    found.SetType((sbyte)device, BFloat16);
                found.SetEnabled((sbyte)device, value ? (byte)1 : (byte)0);
            }

            // Each weight is used once a pass, and changes after it: a cache of converted weights would only be stale.
            found.SetCacheEnabled(value ? (byte)0 : (byte)1);
        }
    }

    /// <summary>
    /// Computes in the numbers of the tensors until the returned object is disposed; null where it does so already. Gradients have the
    /// numbers of what they are of, so that they need no narrowing.
    /// </summary>
    public static IDisposable? Suspend() => Enabled ? new Suspension() : null;

    /// <summary>
    /// Whether a tensor came out in bfloat16 because that is on, and not because its network is in bfloat16: what is done with it next
    /// wants single precision.
    /// </summary>
    public static bool Narrowed(Tensor output) => output.dtype == ScalarType.BFloat16 && Enabled;

    private static Functions? Find()
    {
        string[] names =
        [
            "_ZN2at8autocast19is_autocast_enabledEN3c1010DeviceTypeE", "_ZN2at8autocast20set_autocast_enabledEN3c1010DeviceTypeEb",
            "_ZN2at8autocast18set_autocast_dtypeEN3c1010DeviceTypeENS1_10ScalarTypeE", "_ZN2at8autocast26set_autocast_cache_enabledEb",
        ];
        return TorchExports.Find(names) is [var isEnabled, var setEnabled, var setType, var setCacheEnabled]
            ? new Functions(isEnabled, setEnabled, setType, setCacheEnabled)
            : null;
    }

    private sealed class Suspension : IDisposable
    {
        public Suspension() => Enabled = false;

        public void Dispose() => Enabled = true;
    }

    private sealed class Functions(nint isEnabled, nint setEnabled, nint setType, nint setCacheEnabled)
    {
        public delegate* unmanaged<sbyte, byte> IsEnabled => (delegate* unmanaged<sbyte, byte>)isEnabled;

        public delegate* unmanaged<sbyte, byte, void> SetEnabled => (delegate* unmanaged<sbyte, byte, void>)setEnabled;

        public delegate* unmanaged<sbyte, sbyte, void> SetType => (delegate* unmanaged<sbyte, sbyte, void>)setType;

        public delegate* unmanaged<byte, void> SetCacheEnabled => (delegate* unmanaged<byte, void>)setCacheEnabled;
    }
}
