using TfKd.MLNet.Publicizer;

// Pairs of paths: an assembly, and where to write its copy with all internal members made public.
if (args.Length == 0 || args.Length % 2 != 0)
{
    Console.Error.WriteLine("Usage: TfKd.MLNet.Publicizer (ASSEMBLY COPY)...");
    return 1;
}

foreach (var pair in args.Chunk(2))
{
    var copy = Path.GetFullPath(pair[1]);
    Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
    var partial = $"{copy}.{Environment.ProcessId}.tmp";
    File.WriteAllBytes(partial, PublicizedAssembly.FromBytes(File.ReadAllBytes(pair[0])));
    File.Move(partial, copy, overwrite: true);
}

return 0;
