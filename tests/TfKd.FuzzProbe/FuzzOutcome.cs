namespace TfKd.FuzzProbe;

/// <summary>What became of a damaged file.</summary>
internal enum FuzzOutcome
{
    /// <summary>It was read, and nothing of what it says has changed.</summary>
    Same,

    /// <summary>It was refused by an exception that is documented.</summary>
    Refused,

    /// <summary>It was read, and says something else than before.</summary>
    Altered,

    /// <summary>It was refused by an exception that says nothing to a user.</summary>
    Unclear,

    /// <summary>The process ended.</summary>
    Crashed,

    /// <summary>There was no answer within <see cref="FuzzRun.Patience"/>.</summary>
    Hung,
}
