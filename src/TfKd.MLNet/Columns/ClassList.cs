using System.Text.Json;

namespace TfKd.MLNet;

/// <summary>The classes of a model as its card holds them.</summary>
/// <param name="Type">
/// Type of the label's key values: <c>Text</c>, <c>Boolean</c>, <c>Int32</c>, ...; null where the label had none.
/// </param>
/// <param name="Values">One value a class, in the order of the label indices.</param>
public sealed record ClassList(string? Type, JsonElement Values);
