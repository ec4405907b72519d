using System.Reflection;
using Microsoft.ML;

namespace TfKd.MLNet.Tests;

/// <summary>The shape that ML.NET's estimators would be given for a schema; ML.NET keeps its maker to itself.</summary>
internal static class Shapes
{
    private static readonly MethodInfo Create = typeof(SchemaShape).GetMethod("Create", BindingFlags.NonPublic | BindingFlags.Static)!;

    public static SchemaShape Of(DataViewSchema schema) => (SchemaShape)Create.Invoke(null, [schema])!;
}
