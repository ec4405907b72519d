namespace TfKd.MLNet;

/// <summary>What training does with images that cannot be decoded.</summary>
public enum UndecodableImages
{
    /// <summary>Stops with an error that names the row and, where known, the file.</summary>
    Throw,

    /// <summary>Leaves them out; their number and the first few are logged as a warning.</summary>
    Skip,
}
