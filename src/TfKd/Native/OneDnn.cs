namespace TfKd;

/// <summary>
/// Whether libtorch computes its convolutions on a CPU with oneDNN: its own switch, which TorchSharp does not bind. It holds for the whole
/// process. Reached by the names that the compilers of each system give <c>at::Context::setUserEnabledMkldnn</c>; where they are not found,
/// oneDNN stays on.
/// </summary>
internal static unsafe class OneDnn
{
    private static readonly Lazy<Functions?> _functions = new(Find);

    /// <summary>Whether the switch was found.</summary>
    public static bool CanSwitch => _functions.Value is not null;

    /// <summary>Whether convolutions may use oneDNN now.</summary>
    public static bool Enabled
    {
        get => _functions.Value is not { } found || found.Get(found.Context) != 0;
        set
        {
            if (_functions.Value is { } found)
                found.Set(found.Context, value ? (byte)1 : (byte)0);
            else if (!value)
                throw new PlatformNotSupportedException("oneDNN cannot be switched off in this build of libtorch.");
        }
    }

    private static Functions? Find()
    {
        // The C++ name manglings of MSVC, and of every other compiler (Itanium ABI).
        string[] names = OperatingSystem.IsWindows()
            ? ["?globalContext@at@@YAAEAVContext@1@XZ", "?userEnabledMkldnn@Context@at@@QEBA_NXZ",
                "?setUserEnabledMkldnn@Context@at@@QEAAX_N@Z"]
            : ["_ZN2at13globalContextEv", "_ZNK2at7Context17userEnabledMkldnnEv", "_ZN2at7Context20setUserEnabledMkldnnEb"];
        return TorchExports.Find(names) is [var context, var get, var set]
            ? new Functions(((delegate* unmanaged<nint>)context)(), get, set)
            : null;
    }

    private sealed class Functions(nint context, nint get, nint set)
    {
        public nint Context => context;

        public delegate* unmanaged<nint, byte> Get => (delegate* unmanaged<nint, byte>)get;

        public delegate* unmanaged<nint, byte, void> Set => (delegate* unmanaged<nint, byte, void>)set;
    }
}
