namespace TfKd.MLNet;

/// <summary>What training and calibration do with images that cannot be decoded.</summary>
public enum UndecodableImages
{
    /// <summary>Stops with an error that names the row and, where known, the file.</summary>
    Throw,

    /// <summary>Leaves them out; training logs their number and the first few as a warning.</summary>
    Skip,
}
