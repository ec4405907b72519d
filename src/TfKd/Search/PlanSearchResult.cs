namespace TfKd;

/// <summary>What a <see cref="PlanSearch"/> ended with.</summary>
public sealed class PlanSearchResult : IDisposable
{
    internal PlanSearchResult(SearchResult search, TrainingPlan plan, ImageNetwork student, TrainingResult result) =>
        (Search, Plan, Student, Result) = (search, plan, student, result);

    /// <summary>The table of all trials.</summary>
    public SearchResult Search { get; }

    /// <summary>The plan of the best trial, as the search was given it.</summary>
    public TrainingPlan Plan { get; }

    /// <summary>The network that it trained; disposed with this.</summary>
    public ImageNetwork Student { get; }

    /// <summary>Its run.</summary>
    public TrainingResult Result { get; }

    /// <summary>Frees the network.</summary>
    public void Dispose() => Student.Dispose();
}
