namespace TfKd.Tool;

/// <summary>How a network is trained.</summary>
internal enum RecipeName
{
    /// <summary><see cref="MLNet.PhotoRecipe.Frozen"/>.</summary>
    Frozen,

    /// <summary><see cref="MLNet.PhotoRecipe.FineTuned"/>.</summary>
    FineTuned,

    /// <summary><see cref="MLNet.PhotoRecipe.SmallStudent"/>.</summary>
    Student,

    /// <summary><see cref="MLNet.PhotoRecipe.TaughtStudent"/>: a student of a teacher that is there already.</summary>
    TaughtStudent,

    /// <summary>A small network from random weights.</summary>
    Scratch,
}
