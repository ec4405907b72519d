using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// All of the machine that decides which kernels run: the processor, libtorch, the number of threads and oneDNN's own limit of
/// instructions.
/// </summary>
internal static class MachineIdentity
{
    /// <summary>One line of text; two equal lines mean the same kernels.</summary>
    public static string Describe() =>
        $"{Processor()}; {get_num_threads()} threads; libtorch {__version__}; TorchSharp {typeof(torch).Assembly.GetName().Version}; "
        + $"limit {InstructionLimit() ?? "none"}";

    private static string? InstructionLimit() =>
        Environment.GetEnvironmentVariable("ONEDNN_MAX_CPU_ISA") ?? Environment.GetEnvironmentVariable("DNNL_MAX_CPU_ISA");

    /// <summary>
    /// Whether the processor computes in bfloat16 by itself (AVX512_BF16 or AMX on x86); of others than x86 it is not known, and true.
    /// </summary>
    public static bool HasBFloat16
    {
        get
        {
            if (!X86Base.IsSupported)
                return true;
            var (leaves, _, _, still) = X86Base.CpuId(7, 0);
            var amx = (still & (1 << 22)) != 0;
            return amx || (leaves >= 1 && (X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0);
        }
    }

    private static string Processor()
    {
        if (!X86Base.IsSupported)
            return $"{RuntimeInformation.OSDescription} {RuntimeInformation.ProcessArchitecture}";
        var (version, _, features, _) = X86Base.CpuId(1, 0);
        var (_, extended, more, still) = X86Base.CpuId(7, 0);
        return $"{BrandName()} {version:x}-{features:x}-{extended:x}-{more:x}-{still:x}";
    }

    private static string BrandName()
    {
        Span<int> words = stackalloc int[12];
        for (var i = 0; i < 3; i++)
            (words[4 * i], words[(4 * i) + 1], words[(4 * i) + 2], words[(4 * i) + 3]) = X86Base.CpuId(unchecked((int)0x80000002) + i, 0);
        return Encoding.ASCII.GetString(MemoryMarshal.AsBytes(words)).Replace("\0", "", StringComparison.Ordinal).Trim();
    }
}
