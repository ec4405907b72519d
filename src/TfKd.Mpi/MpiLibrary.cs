using System.Runtime.InteropServices;
using System.Text;

namespace TfKd.Mpi;

/// <summary>The few functions of the machine's MPI library that replicas need.</summary>
internal sealed unsafe class MpiLibrary
{
    /// <summary>Names the library where the machine has several, or has it in a place of its own.</summary>
    public const string PathVariable = "TFKD_MPI_LIBRARY";

    private const string OpenMpi = "libmpi.so.40", Mpich = "libmpich.so.12";

    private readonly MpiAbi _abi;
    private readonly delegate* unmanaged[Cdecl]<int*, byte***, int, int*, int> _initialize;
    private readonly delegate* unmanaged[Cdecl]<nint, int*, int> _rank;
    private readonly delegate* unmanaged[Cdecl]<nint, int*, int> _size;
    private readonly delegate* unmanaged[Cdecl]<nint, void*, int, nint, nint, nint, int> _sum;
    private readonly delegate* unmanaged[Cdecl]<void*, int, nint, int, nint, int> _broadcast;
    private readonly delegate* unmanaged[Cdecl]<nint, int, int> _abort;
    private readonly delegate* unmanaged[Cdecl]<int> _finalize;
    private readonly delegate* unmanaged[Cdecl]<byte*, int*, int> _version;

    private MpiLibrary(string name, nint library)
    {
        (Name, _abi) = (name, MpiAbi.Of(library));
        _initialize = (delegate* unmanaged[Cdecl]<int*, byte***, int, int*, int>)Export("MPI_Init_thread");
        _rank = (delegate* unmanaged[Cdecl]<nint, int*, int>)Export("MPI_Comm_rank");
        _size = (delegate* unmanaged[Cdecl]<nint, int*, int>)Export("MPI_Comm_size");
        _sum = (delegate* unmanaged[Cdecl]<nint, void*, int, nint, nint, nint, int>)Export("MPI_Allreduce");
        _broadcast = (delegate* unmanaged[Cdecl]<void*, int, nint, int, nint, int>)Export("MPI_Bcast");
        _abort = (delegate* unmanaged[Cdecl]<nint, int, int>)Export("MPI_Abort");
        _finalize = (delegate* unmanaged[Cdecl]<int>)Export("MPI_Finalize");
        _version = (delegate* unmanaged[Cdecl]<byte*, int*, int>)Export("MPI_Get_library_version");

        nint Export(string function) => NativeLibrary.TryGetExport(library, function, out var address)
            ? address
            : throw new InvalidOperationException($"'{name}' has no function {function}; expected a library of MPI.");
    }

    /// <summary>The name that it was found by.</summary>
    public string Name { get; }

    /// <summary>What it says that it is, in its first line.</summary>
    public string Version
    {
        get
        {
            // As much as the standard's version 5 allows.
            var text = stackalloc byte[8192];
            var length = 0;
            Require(_version(text, &length), "MPI_Get_library_version");
            var line = Encoding.UTF8.GetString(text, length).Split('\n', ',')[0].Replace("Version:", "", StringComparison.Ordinal);
            return string.Join(' ', line.Split([' ', '\t', '\0'], StringSplitOptions.RemoveEmptyEntries));
        }
    }

    /// <summary>Loads the library that fits what started the process.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public static MpiLibrary Load(Func<string, string?> variable)
    {
        // Open MPI, and UCX below MPICH, would take over SIGSEGV, which .NET makes its NullReferenceException of: UCX when it is loaded.
        LibC.AddEnvironmentVariable("OMPI_MCA_opal_signal", "");
        LibC.AddEnvironmentVariable("UCX_ERROR_SIGNALS", "");
        string[] names = variable(PathVariable) is { Length: > 0 } path ? [path] : NamesFor(variable);
        foreach (var name in names)
        {
            if (NativeLibrary.TryLoad(name, out var library))
                return new MpiLibrary(name, library);
        }

        throw new InvalidOperationException(
            $"No library of MPI was found: tried {string.Join(", ", names)}. Install Open MPI or MPICH (Debian and Ubuntu: openmpi-bin or "
                + $"mpich), or name the library in {PathVariable}.");
    }

    /// <summary>Connects this process with the others; once in a process.</summary>
    public (int Rank, int Count) Initialize()
    {
        int provided, rank, count;
        Require(_initialize(null, null, _abi.Serialized, &provided), "MPI_Init_thread");
        Require(_rank(_abi.World, &rank), "MPI_Comm_rank");
        Require(_size(_abi.World, &count), "MPI_Comm_size");
        return (rank, count);
    }

    public void Sum(float* values, int count) => Sum(values, count, _abi.Single);

    public void Sum(double* values, int count) => Sum(values, count, _abi.Double);

    public void Broadcast(byte* bytes, int count) => Require(_broadcast(bytes, count, _abi.Byte, 0, _abi.World), "MPI_Bcast");

    /// <summary>Ends all processes, this one too.</summary>
    public void Abort() => _abort(_abi.World, 1);

    public void Complete() => Require(_finalize(), "MPI_Finalize");

    // Where a machine has two libraries, the one that its own mpirun speaks with.
    private static string[] NamesFor(Func<string, string?> variable)
    {
        if (OperatingSystem.IsWindows())
            return ["msmpi.dll", "impi.dll"];
        if (OperatingSystem.IsMacOS())
            return ["libmpi.dylib", "libmpi.40.dylib", "libmpi.12.dylib"];
        var isOfMpich = variable("OMPI_COMM_WORLD_SIZE") is null && variable("PMIX_RANK") is null
            && (variable("PMI_RANK") ?? variable("MPI_LOCALNRANKS")) is not null;
        string[] own = isOfMpich ? [Mpich, "libmpi.so.12", OpenMpi] : [OpenMpi, Mpich, "libmpi.so.12"];
        return [.. own, "libmpi_abi.so.0", "libmpi.so"];
    }

    private void Sum(void* values, int count, nint type) =>
        Require(_sum(_abi.InPlace, values, count, type, _abi.Sum, _abi.World), "MPI_Allreduce");

    private static void Require(int code, string function)
    {
        if (code != 0)
            throw new IOException($"{function} failed with code {code}.");
    }
}
