using System.Buffers.Binary;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace TfKd.MLNet.Publicizer;

/// <summary>
/// Rewrites the visibility bits in an assembly's metadata tables (ECMA-335, II.22.15, 22.26 and 22.37): internal types and members become
/// public, 'private protected' and 'protected internal' ones protected. Private members stay, since an event and its field share a name.
/// Only the compiler ever sees the result; at run time the real assembly is loaded.
/// </summary>
internal static class PublicizedAssembly
{
    private const int MethodFlagsOffset = 6;

    public static byte[] FromBytes(byte[] assembly)
    {
        var bytes = (byte[])assembly.Clone();
        using var image = new PEReader([.. assembly]);
        var metadata = image.GetMetadataReader();
        var start = image.PEHeaders.MetadataStartOffset;

        foreach (var handle in metadata.TypeDefinitions)
        {
            var type = metadata.GetTypeDefinition(handle);
            if (metadata.GetString(type.Name).StartsWith('<'))
                continue;
            var visible = type.GetDeclaringType().IsNil ? TypeAttributes.Public : TypeAttributes.NestedPublic;
            var flags = (type.Attributes & ~TypeAttributes.VisibilityMask) | visible;
            BinaryPrimitives.WriteUInt32LittleEndian(Row(TableIndex.TypeDef, handle), (uint)flags);
        }

        foreach (var handle in metadata.MethodDefinitions)
        {
            var flags = Visible((ushort)metadata.GetMethodDefinition(handle).Attributes);
            BinaryPrimitives.WriteUInt16LittleEndian(Row(TableIndex.MethodDef, handle)[MethodFlagsOffset..], flags);
        }

        foreach (var handle in metadata.FieldDefinitions)
        {
            var flags = Visible((ushort)metadata.GetFieldDefinition(handle).Attributes);
            BinaryPrimitives.WriteUInt16LittleEndian(Row(TableIndex.Field, handle), flags);
        }

        return bytes;

        Span<byte> Row(TableIndex table, EntityHandle handle)
        {
            var rowsBefore = MetadataTokens.GetRowNumber(handle) - 1;
            return bytes.AsSpan(start + metadata.GetTableMetadataOffset(table) + rowsBefore * metadata.GetTableRowSize(table));
        }
    }

    /// <summary>The access values of methods and fields are the same numbers.</summary>
    private static ushort Visible(ushort flags)
    {
        var access = (MethodAttributes)flags & MethodAttributes.MemberAccessMask;
        var visible = access switch
        {
            MethodAttributes.Assembly => MethodAttributes.Public,
            MethodAttributes.FamANDAssem or MethodAttributes.FamORAssem => MethodAttributes.Family,
            _ => access,
        };
        return (ushort)((flags & ~(int)MethodAttributes.MemberAccessMask) | (int)visible);
    }
}
