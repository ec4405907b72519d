namespace TfKd.MLNet;

/// <summary>How the probabilities are chosen from which on labels are predicted.</summary>
public enum LabelThresholds
{
    /// <summary>
    /// For each class by itself, the threshold with the highest F1 on the validation rows, halfway between two of their probabilities; one
    /// half for a class that none of them has, and without validation rows. A class that few of them have gets one that chance has part in.
    /// </summary>
    BestF1,

    /// <summary>One half for all.</summary>
    Half,
}
