using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace TfKd.Tests;

/// <summary>
/// Which source files each type of an assembly was compiled from, as its portable PDB tells: namespaces do not follow folders here.
/// </summary>
internal static class SourceDocuments
{
    /// <summary>
    /// The custom debug information in which C# names the documents of types without code (portable PDB format, 'Type Definition
    /// Documents').
    /// </summary>
    private static readonly Guid TypeDefinitionDocuments = new("932E74BC-DBA9-4478-8D46-0F32A7BAB3D3");

    /// <summary>Paths by the type's full name, nested types apart (Outer+Inner); types without a source file are left out.</summary>
    public static IReadOnlyDictionary<string, IReadOnlySet<string>> OfTypes(Assembly assembly)
    {
        using var file = File.OpenRead(Path.ChangeExtension(assembly.Location, ".pdb"));
        using var provider = MetadataReaderProvider.FromPortablePdbStream(file);
        var symbols = provider.GetMetadataReader();
        var types = new Dictionary<string, IReadOnlySet<string>>();
        foreach (var type in assembly.GetTypes())
        {
            var handle = (TypeDefinitionHandle)MetadataTokens.EntityHandle(type.MetadataToken);
            var documents = DocumentsOfDefinition(symbols, handle)
                .Concat(Methods(type).SelectMany(method => DocumentsOfMethod(symbols, method)))
                .ToHashSet();
            if (documents.Count > 0)
                types[type.FullName!] = documents;
        }
        return types;
    }

    private static IEnumerable<MethodBase> Methods(Type type)
    {
        const BindingFlags Declared =
            BindingFlags.DeclaredOnly | BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;
        return type.GetMethods(Declared).Concat<MethodBase>(type.GetConstructors(Declared));
    }

    private static IEnumerable<string> DocumentsOfMethod(MetadataReader symbols, MethodBase method)
    {
        var handle = (MethodDefinitionHandle)MetadataTokens.EntityHandle(method.MetadataToken);
        return symbols.GetMethodDebugInformation(handle).GetSequencePoints().Select(point => Name(symbols, point.Document));
    }

    private static IEnumerable<string> DocumentsOfDefinition(MetadataReader symbols, TypeDefinitionHandle type)
    {
        foreach (var handle in symbols.GetCustomDebugInformation(type))
        {
            var information = symbols.GetCustomDebugInformation(handle);
            if (symbols.GetGuid(information.Kind) != TypeDefinitionDocuments)
                continue;
            var blob = symbols.GetBlobReader(information.Value);
            while (blob.RemainingBytes > 0)
                yield return Name(symbols, MetadataTokens.DocumentHandle(blob.ReadCompressedInteger()));
        }
    }

    private static string Name(MetadataReader symbols, DocumentHandle document) =>
        symbols.GetString(symbols.GetDocument(document).Name).Replace('\\', '/');
}
