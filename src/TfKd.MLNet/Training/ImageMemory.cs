namespace TfKd.MLNet;

/// <summary>Where decoded images are kept while Fit runs.</summary>
/// <param name="Budget">The most memory that they may take, in bytes.</param>
/// <param name="Directory">Folder of the file for those beyond it; null: the system's folder for temporary files.</param>
internal sealed record ImageMemory(long Budget, string? Directory = null);
