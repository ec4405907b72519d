using System.Runtime.InteropServices;

namespace TfKd.Mpi;

/// <summary>
/// What the handles of a library are. The standard leaves it to each library up to version 4; its version 5 has fixed numbers. They are
/// pointers or 32-bit numbers, which the calls take in the same registers on 64 bits.
/// </summary>
/// <param name="World">The communicator of all processes.</param>
/// <param name="Sum">The operation.</param>
/// <param name="Single">The type of 32-bit floating-point numbers.</param>
/// <param name="Double">That of 64 bits.</param>
/// <param name="Byte">The type of bytes.</param>
/// <param name="InPlace">The source of a collective call that takes its values from where it puts them.</param>
/// <param name="Serialized">That several threads call, one at a time.</param>
internal sealed record MpiAbi(nint World, nint Sum, nint Single, nint Double, nint Byte, nint InPlace, int Serialized)
{
    // MPICH, Intel MPI, MVAPICH, Cray MPICH, MS-MPI.
    private static readonly MpiAbi _mpich = new(0x44000000, 0x58000003, 0x4c00040a, 0x4c00080b, 0x4c00010d, -1, 2);

    private static readonly MpiAbi _standard = new(0x101, 0x21, 0x210, 0x214, 0x247, 1, 2048);

    /// <summary>That of a library that is loaded.</summary>
    public static MpiAbi Of(nint library)
    {
        // There the handles are the addresses of objects.
        if (NativeLibrary.TryGetExport(library, "ompi_mpi_comm_world", out var world))
        {
            return new MpiAbi(world, Address("ompi_mpi_op_sum"), Address("ompi_mpi_float"), Address("ompi_mpi_double"),
                Address("ompi_mpi_byte"), 1, 2);
        }

        return NativeLibrary.TryGetExport(library, "MPI_Abi_get_version", out _)
            && !NativeLibrary.TryGetExport(library, "MPIR_Err_create_code", out _) ? _standard : _mpich;

        nint Address(string name) => NativeLibrary.GetExport(library, name);
    }
}
