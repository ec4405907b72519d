using System.Diagnostics;
using System.Text;

namespace TfKd;

/// <summary>
/// The operators of the libtorch in this process, found as the qualified names in its files: a TorchScript file that asks for another ends
/// the process where it is loaded, with no exception to catch, and libtorch's C interface has no list of them.
/// </summary>
internal static class TorchOperators
{
    private const int WindowBytes = 16 << 20;
    private const int LongestName = 200;

    private static readonly Lazy<HashSet<string>?> Names = new(Collect);

    /// <summary>Whether libtorch has an operator; true where its files cannot be looked into.</summary>
    /// <param name="name">Namespace and name, such as <c>aten::conv2d</c>.</param>
    public static bool Has(string name) => Names.Value?.Contains(name) ?? true;

    /// <summary>The qualified names in some content, such as a library's.</summary>
    internal static void Collect(ReadOnlySpan<byte> content, HashSet<string> names)
    {
        for (int next; (next = content.IndexOf("::"u8)) >= 0; content = content[(next + 2)..])
        {
            var (start, end) = (next, next + 2);
            while (start > 0 && next - start < LongestName && IsPart(content[start - 1]))
                start--;
            while (end < content.Length && end - next < LongestName && IsPart(content[end]))
                end++;
            // Of a::b::c neither pair is an operator; namespaces of operators have no capitals.
            var isInner = start > 0 && content[start - 1] == ':' || end < content.Length && content[end] == ':';
            if (!isInner && start < next && end > next + 2 && !content[start..next].ContainsAnyInRange((byte)'A', (byte)'Z'))
                names.Add(Encoding.ASCII.GetString(content[start..end]));
        }
    }

    private static HashSet<string>? Collect()
    {
        using var process = Process.GetCurrentProcess();
        // Kernels for other devices register no names of their own, and are in the largest files.
        var files = process.Modules.Cast<ProcessModule>().Select(module => module.FileName).Where(IsOfOperators).Distinct().ToList();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            try
            {
                CollectFile(file, names);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // What is loaded need not be there any more, and may have another name on disk.
            }
        }

        // Without the plainest one these are not the files in which the names are.
        return names.Contains("aten::conv2d") ? names : null;
    }

    private static bool IsOfOperators(string path)
    {
        var name = Path.GetFileName(path);
        return name.Contains("torch", StringComparison.OrdinalIgnoreCase) && !name.Contains("cuda", StringComparison.OrdinalIgnoreCase);
    }

    private static void CollectFile(string path, HashSet<string> names)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
        var window = new byte[WindowBytes];
        for (var kept = 0; ;)
        {
            var read = stream.ReadAtLeast(window.AsSpan(kept), window.Length - kept, throwOnEndOfStream: false);
            Collect(window.AsSpan(0, kept + read), names);
            if (read < window.Length - kept)
                return;
            // A name may lie across the border.
            kept = 2 * LongestName;
            window.AsSpan(window.Length - kept).CopyTo(window);
        }
    }

    private static bool IsPart(byte value) => value == '_' || char.IsAsciiLetterOrDigit((char)value);
}
