namespace TfKd.Tool;

/// <summary>How much is written beside the results, by the levels that the mlnet tool has.</summary>
internal enum Verbosity
{
    /// <summary>Results, warnings and errors.</summary>
    Quiet,

    /// <summary>What is being done, and how long it takes.</summary>
    Minimal,

    /// <summary>All that ML.NET logs, and the stack of an error.</summary>
    Diagnostic,
}
