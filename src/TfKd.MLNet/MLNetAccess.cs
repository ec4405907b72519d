using System.Runtime.CompilerServices;

// What is used behind these doors, the same in every version of ML.NET from 1.0 to 6.0 preview: LoadableClassAttribute, SignatureLoadModel,
// VersionInfo, ModelSaveContext and ModelLoadContext (saving and loading without registration); the constructors of SchemaShape.Column and
// TrainerInfo (schemas of estimators); RowCursorUtils.GetLabelGetter; CatalogUtils.GetEnvironment; ICancelable (cancellation by the host);
// IHostEnvironmentInternal (the context's device); ITransformCanSaveOnnx (to say that ConvertToOnnx does not do).
// For ToPortable, the same from 1.5 to 6.0 preview: the constructors of MulticlassPredictionTransformer, LinearMulticlassModelParameters
// and EmptyDataView, and ModelProto (ONNX as ML.NET reads it).
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Core")]
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Data")]
[assembly: IgnoresAccessChecksTo("Microsoft.ML.OnnxTransformer")]
[assembly: IgnoresAccessChecksTo("Microsoft.ML.StandardTrainers")]

namespace System.Runtime.CompilerServices;

/// <summary>The runtime lets this assembly use the internal members of the named one; it knows the attribute by its name alone.</summary>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
internal sealed class IgnoresAccessChecksToAttribute(string assemblyName) : Attribute
{
    public string AssemblyName { get; } = assemblyName;
}
