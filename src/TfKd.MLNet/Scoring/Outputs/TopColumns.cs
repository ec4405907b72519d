namespace TfKd.MLNet;

/// <summary>The two columns of the most probable classes.</summary>
/// <param name="Count">How many classes; all, where there are fewer.</param>
/// <param name="Labels">Name of the column of their names.</param>
/// <param name="Scores">Name of the column of their scores.</param>
internal sealed record TopColumns(int Count, string Labels, string Scores)
{
    /// <summary>How many there are of so many classes.</summary>
    public int CountOf(ScoringContext scoring) => Math.Min(Count, scoring.Classes.Names.Count);

    /// <summary>Finds the classes of the highest scores: by falling score, of equal ones the first class first, NaN last.</summary>
    /// <param name="scores">The scores of all classes.</param>
    /// <param name="top">As many classes as are wanted, at most all.</param>
    public static void Find(ReadOnlySpan<float> scores, Span<int> top)
    {
        var found = 0;
        for (var i = 0; i < scores.Length; i++)
        {
            var place = found;
            while (place > 0 && scores[i].CompareTo(scores[top[place - 1]]) > 0)
                place--;
            if (place == top.Length)
                continue;
            found = Math.Min(found + 1, top.Length);
            top[place..(found - 1)].CopyTo(top[(place + 1)..]);
            top[place] = i;
        }
    }
}
