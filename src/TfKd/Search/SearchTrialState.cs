namespace TfKd;

/// <summary>How far a trial of a search came.</summary>
public enum SearchTrialState
{
    /// <summary>It was trained to its end.</summary>
    Finished,

    /// <summary>Others were better after as many epochs, and it was left behind: <see cref="SuccessiveHalving"/>.</summary>
    LeftBehind,

    /// <summary>The time was up before it had come to its end.</summary>
    Stopped,

    /// <summary>It threw an exception: <see cref="SearchTrial.Error"/>.</summary>
    Failed,
}
