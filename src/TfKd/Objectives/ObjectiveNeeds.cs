namespace TfKd;

/// <summary>What an objective asks of the plan; checked before the first batch.</summary>
[Flags]
public enum ObjectiveNeeds
{
    /// <summary>Student logits and target distributions only.</summary>
    None = 0,

    /// <summary>A teacher's logits.</summary>
    Teacher = 1,

    /// <summary>One class a row: not to be had where images are mixed.</summary>
    HardLabels = 2,
}
